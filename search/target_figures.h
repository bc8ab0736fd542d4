// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hw_models/hardware_model.h"
#include "store/store.h"

namespace parnas::search {

// What a trial's target was said to cost when the trial began, in a study that measures.
struct TargetFigures {
    std::optional<hw_models::Estimate> predicted;  // none: measured for an earlier trial
    std::optional<hw_models::Estimate> measured;
    std::optional<std::string> refused;  // why a measurement was not to be had

    bool was_measured_now() const { return predicted && measured; }
};

// The system attribute of a trial that keeps them, latencies in ms:
//
//     {"predicted": {"latency_ms": 2.1, "latency_low_ms": 1.7, "latency_high_ms": 2.6,
//                    "source": "fitted", "extrapolated": false},
//      "measured": {"latency_ms": 2.4, ..., "source": "measured", "extrapolated": false}}
//
// What follows from network and latency (hw_models/costs/costed_model.h) is not in it.
inline constexpr std::string_view kTargetFigures = "target";

std::string to_text(const TargetFigures& figures);
// Nullopt where the study did not measure. Throws Error(damaged).
std::optional<TargetFigures> target_figures_of(const store::Attributes& system_attributes);

}  // namespace parnas::search
