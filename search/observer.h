// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/error.h"
#include "core/trial.h"
#include "store/store.h"

namespace parnas::search {

// Counts over all sessions of a study.
struct Progress {
    std::int64_t proposed = 0;
    std::int64_t complete = 0;  // with those that were reused
    std::int64_t reused = 0;
    std::int64_t pruned = 0;
    std::int64_t infeasible = 0;  // failed without an evaluation
    std::int64_t failed = 0;      // other failures
    std::int64_t measured = 0;    // trials whose latency was measured as they began
    std::int64_t refused = 0;     // measurements that the machine did not give
    std::int64_t front = 0;       // its size
    std::int64_t phases = 0;      // finished ones
    Seconds elapsed{0};
    Seconds cost{0};
};

// How far a phase is that runs.
struct PhaseProgress {
    std::int64_t index = 0;
    std::string name;
    double share = 0.0;  // done, in [0, 1]; 0: it begins
    Metrics metrics;     // so far
};

// Hears of a study on the driver's thread, after what it hears is in the store.
class Observer {
  public:
    virtual ~Observer() = default;
    virtual void trial_finished(const Candidate& candidate, const store::TrialFinish& finish) = 0;
    // A few times a second.
    virtual void phase_progress(const PhaseProgress& progress) = 0;
    virtual void phase_finished(const store::PhaseRecord& phase) = 0;
    virtual void front_changed(std::span<const TrialNumber> front) = 0;
    // After each commit.
    virtual void progress(const Progress& progress) = 0;
    // A commit failed and is tried again for a while; once per commit.
    virtual void store_unavailable(const Error& error) = 0;
};

}  // namespace parnas::search
