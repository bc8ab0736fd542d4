// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/curves.h"

#include <cmath>
#include <limits>

namespace parnas::search {

bool is_worse(Direction direction, double a, double b) {
    return direction == Direction::maximize ? a < b : a > b;
}

double best_of(std::span<const CurvePoint> points, Direction direction) {
    double best = std::numeric_limits<double>::quiet_NaN();
    for (const CurvePoint& point : points)
        if (std::isnan(best) || is_worse(direction, best, point.value))
            best = point.value;
    return best;
}

const Curve* first_complete(std::span<const Curve> known) {
    const Curve* first = nullptr;
    for (const Curve& curve : known)
        if (curve.state == TrialState::complete && !curve.points.empty() &&
            (first == nullptr || curve.number < first->number))
            first = &curve;
    return first;
}

Schedule read_schedule(ObjectReader& options) {
    const Schedule standard;
    return {
        .warmup_steps = options.integer("warmup_steps", standard.warmup_steps, {.low = 0}),
        .interval_steps = options.integer("interval_steps", standard.interval_steps, {.low = 1})};
}

bool is_due(const Schedule& schedule, const Curve& trial) {
    if (trial.points.empty())
        return false;
    const std::int64_t since_warmup = trial.points.back().step - schedule.warmup_steps;
    if (since_warmup < 0)
        return false;
    const std::int64_t due =
        schedule.warmup_steps + since_warmup - since_warmup % schedule.interval_steps;
    return trial.points.size() == 1 || trial.points.rbegin()[1].step < due;
}

}  // namespace parnas::search
