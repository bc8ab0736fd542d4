// SPDX-License-Identifier: Apache-2.0
#include "bench/parallel.h"

#include <exception>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/mutex.h"

namespace parnas::bench {
namespace {

class Counter {
  public:
    Counter(std::size_t count, const std::stop_token& stop) : count_(count), stop_(stop) {}

    // The number of the next call; `count` if there is none.
    std::size_t next() {
        const MutexLock lock(mutex_);
        if (failure_ == nullptr && stop_.stop_requested() && next_ < count_)
            failure_ = std::make_exception_ptr(
                Error(ErrorKind::unavailable, "interrupted before all searches had run"));
        return failure_ == nullptr && next_ < count_ ? next_++ : count_;
    }
    void end(const std::function<void(std::size_t)>& done) {
        const MutexLock lock(mutex_);
        done(++ended_);
    }
    void fail(std::exception_ptr failure) {
        const MutexLock lock(mutex_);
        if (failure_ == nullptr)
            failure_ = std::move(failure);
    }
    void rethrow() {
        const MutexLock lock(mutex_);
        if (failure_ != nullptr)
            std::rethrow_exception(failure_);
    }

  private:
    std::size_t count_;
    const std::stop_token& stop_;
    Mutex mutex_;
    std::size_t next_ PARNAS_GUARDED_BY(mutex_) = 0;
    std::size_t ended_ PARNAS_GUARDED_BY(mutex_) = 0;
    std::exception_ptr failure_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace

void in_parallel(std::size_t count,
                 int threads,
                 const std::stop_token& stop,
                 const std::function<void(std::size_t)>& work,
                 const std::function<void(std::size_t)>& done) {
    Counter counter(count, stop);
    {
        std::vector<std::jthread> running;
        for (int i = 0; i < threads; ++i)
            running.emplace_back([&] {
                try {
                    for (std::size_t next = counter.next(); next < count; next = counter.next()) {
                        work(next);
                        counter.end(done);
                    }
                } catch (...) {
                    counter.fail(std::current_exception());
                }
            });
    }
    counter.rethrow();
}

}  // namespace parnas::bench
