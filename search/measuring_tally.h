// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/trial.h"
#include "store/store.h"

namespace parnas::search {

// A trial that was found infeasible when its latency was measured.
struct BrokenAsMeasured {
    TrialNumber trial = 0;
    Stage stage = Stage::search;
    std::string reason;  // "latency_ms 2.4 is over the limit of 2"
    double predicted_ms = 0.0;
};

// What came of the measurements of a study's trials.
struct MeasuringTally {
    std::int64_t measured = 0;
    std::int64_t refused = 0;
    std::vector<BrokenAsMeasured> broken;  // by number

    bool empty() const { return measured == 0 && refused == 0; }
};

// Throws Error(damaged).
MeasuringTally measuring_tally(std::span<const store::TrialRecord> trials);
Json to_json(const MeasuringTally& tally);

}  // namespace parnas::search
