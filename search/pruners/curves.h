// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "search/pruner.h"

// What pruners ask of curves.
namespace parnas::search {

// False if one of them is NaN.
bool is_worse(Direction direction, double a, double b);

// NaN if there is no other value.
double best_of(std::span<const CurvePoint> points, Direction direction);

// Of the complete trials that reported anything, the one with the lowest number; null if there
// is none. With a lag it is the same one for all trials that know of any.
const Curve* first_complete(std::span<const Curve> known);

// At which of its reports a trial is judged.
struct Schedule {
    std::int64_t warmup_steps = 0;    // no trial is judged before this step
    std::int64_t interval_steps = 1;  // between two judgements of a trial
};

Schedule read_schedule(ObjectReader& options);

// Whether the last point is the first one since a judgement was due: at the warm-up's end and
// every interval from there, or, where that step was not reported, at the next report.
bool is_due(const Schedule& schedule, const Curve& trial);

}  // namespace parnas::search
