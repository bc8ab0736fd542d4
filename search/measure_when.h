// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "core/trial.h"
#include "hw_models/hardware_model.h"
#include "search/goals.h"
#include "search/pareto.h"

// When a predicted latency is not enough to decide about a candidate.
namespace parnas::search {

// Whether a prediction is too wide to decide by: its 90 % interval is wider than a third of the
// latency, as with a standard deviation of a tenth, or it is far from what was fitted (HiFi-LLP's
// rule). Never of what was measured.
bool is_unsure(const hw_models::Estimate& estimate);

// What is known of a candidate before its evaluation, were its latency as predicted, at the low
// end of its interval and at the high one.
struct PredictedRange {
    Metrics predicted;
    Metrics low;
    Metrics high;
};

// Whether the candidate meets all limits at the low end, but not all along the interval.
bool may_break_limits(const Limits& limits, const PredictedRange& range);

// Whether the candidate would come on the front at the low end, and its place there depends on
// its latency. What only the evaluation tells counts as the best value on the front.
bool may_join_front(const std::vector<Objective>& objectives,
                    const PredictedRange& range,
                    const ParetoArchive& front);

}  // namespace parnas::search
