// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <thread>

#include "api/http/options.h"
#include "core/mutex.h"

namespace parnas::http {

// Threads that come when more tasks wait than threads are idle, and go when they were idle for
// long. Thread-safe.
class ElasticPool {
  public:
    ElasticPool(const LaneBounds& bounds, Milliseconds thread_idle);
    ~ElasticPool() { join(); }
    ElasticPool(const ElasticPool&) = delete;
    ElasticPool& operator=(const ElasticPool&) = delete;

    // False if all threads are busy and the queue is full, or the system has no more threads.
    // `task` must not throw.
    bool try_run(std::function<void()> task);

    // Takes no more tasks, and waits for those that were taken.
    void join();

    struct Load {
        std::size_t threads = 0;
        std::size_t idle = 0;
        std::size_t queued = 0;
    };
    Load load() const;

  private:
    using Threads = std::list<std::thread>;

    void work(Threads::iterator self);
    void call_thread() PARNAS_REQUIRES(mutex_);
    // One that was called, or that woke by itself in the place of one.
    void arrived() PARNAS_REQUIRES(mutex_);
    bool start_thread() PARNAS_REQUIRES(mutex_);

    const LaneBounds bounds_;
    const Milliseconds thread_idle_;
    mutable Mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::function<void()>> queue_ PARNAS_GUARDED_BY(mutex_);
    Threads threads_ PARNAS_GUARDED_BY(mutex_);
    Threads ended_ PARNAS_GUARDED_BY(mutex_);               // to be joined
    std::size_t unfinished_ PARNAS_GUARDED_BY(mutex_) = 0;  // tasks, queued or running
    std::size_t waiting_ PARNAS_GUARDED_BY(mutex_) = 0;     // threads
    std::size_t called_ PARNAS_GUARDED_BY(mutex_) = 0;      // threads that wake up or begin
    bool stopping_ PARNAS_GUARDED_BY(mutex_) = false;
};

}  // namespace parnas::http
