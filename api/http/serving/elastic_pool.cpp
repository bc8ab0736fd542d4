// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/elastic_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace parnas::http {
namespace {

// As many threads as are on their way at a time.
constexpr std::size_t kMostCalled = 2;

}  // namespace

ElasticPool::ElasticPool(const LaneBounds& bounds, Milliseconds thread_idle)
    : bounds_(bounds), thread_idle_(thread_idle) {}

void ElasticPool::join() {
    Threads left;
    {
        MutexLock lock(mutex_);
        stopping_ = true;
        wake_.notify_all();
        // From now on nobody starts threads or moves them to ended_.
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
        if (!stopping_ && unfinished_ < bounds_.threads + bounds_.queue) {
            queue_.push_back(std::move(task));
            ++unfinished_;
            call_thread();
            taken = !threads_.empty();
            if (!taken) {
                queue_.pop_back();
                --unfinished_;
            }
        }
    }
    for (std::thread& thread : ended)
        thread.join();
    return taken;
}

ElasticPool::Load ElasticPool::load() const {
    MutexLock lock(mutex_);
    const std::size_t busy = std::min(unfinished_ - queue_.size(), threads_.size());
    return {.threads = threads_.size(), .idle = threads_.size() - busy, .queued = queue_.size()};
}

// Sees to it that a thread comes for the first task. It will call the next one, so every task
// finds its thread; but those that were running anyway may be there before, and where tasks are
// short most threads sleep on. (64 clients of an empty handler on 2 cores: 1.8 times the requests.)
void ElasticPool::call_thread() {
    if (queue_.size() <= called_ || called_ >= kMostCalled)
        return;
    if (waiting_ > called_) {
        ++called_;
        wake_.notify_one();
    } else if (!stopping_ && threads_.size() < bounds_.threads && start_thread()) {
        ++called_;
    }
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

void ElasticPool::arrived() {
    if (called_ > 0)
        --called_;
}

void ElasticPool::work(Threads::iterator self) {
    std::function<void()> task;
    for (bool begins = true;; begins = false) {
        {
            MutexLock lock(mutex_);
            if (begins)
                arrived();
            else
                --unfinished_;
            const auto end = std::chrono::steady_clock::now() + thread_idle_;
            bool in_time = true;
            while (queue_.empty() && !stopping_ && in_time) {
                ++waiting_;
                in_time = wake_.wait_until(mutex_, end) == std::cv_status::no_timeout;
                --waiting_;
                arrived();
            }
            if (queue_.empty()) {
                if (!stopping_)
                    ended_.splice(ended_.end(), threads_, self);
                return;
            }
            task = std::move(queue_.front());
            queue_.pop_front();
            call_thread();
        }
        task();
        task = nullptr;
    }
}

}  // namespace parnas::http
