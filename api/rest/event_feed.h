// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "core/trial.h"
#include "store/store.h"

namespace parnas::rest {

// An event with its study.
struct FeedEvent {
    std::int64_t seq = 0;
    StudyId study{};
    TimePoint time;
    std::string kind;
    std::string body;  // JSON text
};

// Where events of all studies come from. Called by several threads at once.
class EventLog {
  public:
    virtual ~EventLog() = default;
    // By seq, from the first after `seq`; at most `limit`.
    virtual std::vector<FeedEvent> after(std::int64_t seq, std::size_t limit) const = 0;
    // Of the last event; 0 if there is none.
    virtual std::int64_t last() const = 0;
};

// Tells those who wait that there are new events. Whoever commits some in this process says so;
// others' are found by looking at the log, which all who wait do together four times a second.
// Thread-safe.
class EventFeed {
  public:
    using Clock = std::chrono::steady_clock;

    // Keeps a reference.
    explicit EventFeed(const EventLog& log) : log_(log) {}

    const EventLog& log() const { return log_; }

    // Events were committed.
    void notify();
    // Returns at once if there are events after `seq`, else when there are, at the deadline, or on
    // stop. Whether there are.
    bool wait(std::int64_t seq, Clock::time_point deadline, const std::stop_token& stop);

  private:
    void look(Clock::time_point now) PARNAS_REQUIRES(mutex_);

    const EventLog& log_;
    Mutex mutex_;
    std::condition_variable_any changed_;
    std::int64_t last_ PARNAS_GUARDED_BY(mutex_) = 0;
    Clock::time_point next_look_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::rest
