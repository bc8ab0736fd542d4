// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/trial.h"

// A worker's tries at trials. The right to report on one is a lease; the attempt's number is
// what fences off whoever had the trial before.
namespace parnas::store {

enum class AttemptState { open, ok, error, expired, preempted, superseded, cancelled };
std::string_view to_string(AttemptState state);

// An attempt that is given to a worker, with its lease.
struct AttemptStart {
    std::string lease;  // unique in the store: 1 to 64 visible ASCII characters, as every id
    TrialNumber number = 0;
    std::int64_t attempt = 1;
    std::string worker;  // its id
    Seconds ttl{0};      // after each message of the worker; positive
    TimePoint granted;
};

// An open attempt that is over.
struct AttemptEnd {
    TrialNumber number = 0;
    std::int64_t attempt = 1;
    AttemptState state = AttemptState::ok;  // not open
    std::string reason;
    TimePoint ended;
};

struct AttemptRecord {
    std::string lease;
    StudyId study{};
    TrialNumber number = 0;
    std::int64_t attempt = 1;
    std::string worker;
    Seconds ttl{0};
    TimePoint granted;
    AttemptState state = AttemptState::open;
    std::string reason;
    std::optional<TimePoint> ended;  // none while it is open

    bool operator==(const AttemptRecord&) const = default;
};

// What came for a lease that was not valid any more.
struct LateReport {
    std::string lease;
    TimePoint time;
    std::string body;  // at most 1 MiB

    bool operator==(const LateReport&) const = default;
};

}  // namespace parnas::store
