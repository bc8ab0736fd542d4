// SPDX-License-Identifier: Apache-2.0
#include "api/rest/event_feed.h"

#include <algorithm>

namespace parnas::rest {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{250};

}  // namespace

void EventFeed::notify() {
    const MutexLock lock(mutex_);
    look(Clock::now());
}

// The mutex is held, so that one looks for all who wait.
void EventFeed::look(Clock::time_point now) {
    next_look_ = now + kBetweenLooks;
    const std::int64_t last = store_.last_seq();
    if (last == last_)
        return;
    last_ = last;
    changed_.notify_all();
}

bool EventFeed::wait(std::int64_t seq, Clock::time_point deadline, const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] {
        const MutexLock lock(mutex_);
        changed_.notify_all();
    });
    const MutexLock lock(mutex_);
    for (;;) {
        const Clock::time_point now = Clock::now();
        if (last_ <= seq && now >= next_look_)
            look(now);
        if (last_ > seq)
            return true;
        if (now >= deadline || stop.stop_requested())
            return false;
        // A copy: the mutex is released while it waits.
        const Clock::time_point end = std::min(deadline, next_look_);
        changed_.wait_until(mutex_, end);
    }
}

}  // namespace parnas::rest
