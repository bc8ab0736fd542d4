// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <stop_token>

#include "core/mutex.h"
#include "store/service_store.h"

namespace parnas::rest {

// Tells those who wait that a store has new events. Whoever commits some in this process says so;
// others' are found by looking at the store, which all who wait do together four times a second.
// Thread-safe.
class EventFeed {
  public:
    using Clock = std::chrono::steady_clock;

    // Keeps a reference.
    explicit EventFeed(const store::ServiceStore& store) : store_(store) {}

    // Events were committed.
    void notify();
    // Returns at once if there are events after `seq`, else when there are, at the deadline, or on
    // stop. Whether there are.
    bool wait(std::int64_t seq, Clock::time_point deadline, const std::stop_token& stop);

  private:
    void look(Clock::time_point now) PARNAS_REQUIRES(mutex_);

    const store::ServiceStore& store_;
    Mutex mutex_;
    std::condition_variable_any changed_;
    std::int64_t last_ PARNAS_GUARDED_BY(mutex_) = 0;
    Clock::time_point next_look_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::rest
