// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/elastic_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace parnas::http {

ElasticPool::ElasticPool(const LaneBounds& bounds, Milliseconds thread_idle)
    : bounds_(bounds), thread_idle_(thread_idle) {}

void ElasticPool::join() {
    Threads left;
    {
        MutexLock lock(mutex_);
        stopping_ = true;
        wake_.notify_all();
        // Nobody moves threads to ended_ from now on.
        left.splice(left.end(), threads_);
        left.splice(left.end(), ended_);
    }
    for (std::thread& thread : left)
        thread.join();
}

bool ElasticPool::try_run(std::function<void()> task) {
    Threads ended;
    bool taken = false;
    {
        MutexLock lock(mutex_);
        ended.swap(ended_);
        if (!stopping_) {
            // Threads that have just begun count as free, though nobody waits for them yet.
            const bool has_thread = unfinished_ < threads_.size() ||
                                    (threads_.size() < bounds_.threads && start_thread());
            taken =
                has_thread || (!threads_.empty() && unfinished_ < threads_.size() + bounds_.queue);
            if (taken) {
                queue_.push_back(std::move(task));
                ++unfinished_;
                wake_.notify_one();
            }
        }
    }
    for (std::thread& thread : ended)
        thread.join();
    return taken;
}

ElasticPool::Load ElasticPool::load() const {
    MutexLock lock(mutex_);
    const std::size_t busy = std::min(unfinished_, threads_.size());
    return {
        .threads = threads_.size(), .idle = threads_.size() - busy, .queued = unfinished_ - busy};
}

bool ElasticPool::start_thread() {
    const auto self = threads_.emplace(threads_.end());
    try {
        *self = std::thread([this, self] { work(self); });
    } catch (const std::system_error&) {
        threads_.erase(self);
        return false;
    }
    return true;
}

void ElasticPool::work(Threads::iterator self) {
    for (;;) {
        std::function<void()> task;
        {
            MutexLock lock(mutex_);
            const auto end = std::chrono::steady_clock::now() + thread_idle_;
            while (queue_.empty() && !stopping_ &&
                   wake_.wait_until(mutex_, end) == std::cv_status::no_timeout) {
            }
            if (queue_.empty()) {
                if (!stopping_)
                    ended_.splice(ended_.end(), threads_, self);
                return;
            }
            task = std::move(queue_.front());
            queue_.pop_front();
        }
        task();
        task = nullptr;
        MutexLock lock(mutex_);
        --unfinished_;
    }
}

}  // namespace parnas::http
