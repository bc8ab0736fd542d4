// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define PARNAS_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define PARNAS_THREAD_ATTRIBUTE(x)
#endif
#define PARNAS_GUARDED_BY(m) PARNAS_THREAD_ATTRIBUTE(guarded_by(m))
#define PARNAS_REQUIRES(m) PARNAS_THREAD_ATTRIBUTE(requires_capability(m))

namespace parnas {

// A mutex that clang's -Wthread-safety understands. Waits with std::condition_variable_any.
class PARNAS_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
  public:
    void lock() PARNAS_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
    void unlock() PARNAS_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

  private:
    std::mutex mutex_;
};

class PARNAS_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
  public:
    explicit MutexLock(Mutex& mutex) PARNAS_THREAD_ATTRIBUTE(acquire_capability(mutex))
        : mutex_(mutex) {
        mutex_.lock();
    }
    ~MutexLock() PARNAS_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

  private:
    Mutex& mutex_;
};

}  // namespace parnas
