// SPDX-License-Identifier: Apache-2.0
#include "search/measure_when.h"

#include <algorithm>
#include <limits>

namespace parnas::search {
namespace {

// `objective`, at this place of the front's points, minimised.
double best_of(const ParetoArchive& front, std::size_t objective) {
    double best = std::numeric_limits<double>::infinity();
    for (const auto& [number, point] : front.members())
        best = std::min(best, point[objective]);
    return best;
}

}  // namespace

bool is_unsure(const hw_models::Estimate& estimate) {
    constexpr double kWide = 1.0 / 3.0;
    return estimate.source != hw_models::Source::measured &&
           (estimate.extrapolated || estimate.high - estimate.low > kWide * estimate.latency);
}

bool may_break_limits(const Limits& limits, const PredictedRange& range) {
    return violation(limits, range.low) <= 0.0 &&
           (violation(limits, range.predicted) > 0.0 || violation(limits, range.high) > 0.0);
}

bool may_join_front(const std::vector<Objective>& objectives,
                    const PredictedRange& range,
                    const ParetoArchive& front) {
    Point best;
    bool depends = false;
    for (const Objective& objective : objectives) {
        const auto at_low = range.low.find(objective.metric);
        if (at_low == range.low.end()) {
            best.push_back(best_of(front, best.size()));
            continue;
        }
        const double sign = objective.direction == Direction::maximize ? -1.0 : 1.0;
        best.push_back(sign * at_low->second);
        const auto at_high = range.high.find(objective.metric);
        depends = depends || at_high == range.high.end() || at_high->second != at_low->second;
    }
    return depends && front.would_enter(best);
}

}  // namespace parnas::search
