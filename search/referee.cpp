// SPDX-License-Identifier: Apache-2.0
#include "search/referee.h"

#include <algorithm>

namespace parnas::search {

void Referee::start(const Candidate& candidate) {
    if (judges(candidate))
        curves_.push_back({.number = candidate.number, .points = {}});
}

void Referee::restart(TrialNumber number) {
    if (Curve* curve = find(number))
        curve->points.clear();
}

void Referee::restore(const store::TrialRecord& record) {
    for (const auto& [step, value] : record.reports)
        report(record.number, {.step = step, .value = value});
}

void Referee::restore_finished(const store::TrialRecord& record) {
    restore(record);
    end(record.number, record.state);
}

void Referee::report(TrialNumber number, const CurvePoint& point) {
    Curve* curve = find(number);
    if (curve == nullptr)
        return;
    std::vector<CurvePoint>& points = curve->points;
    const auto place = std::ranges::lower_bound(points, point.step, {}, &CurvePoint::step);
    if (place != points.end() && place->step == point.step)
        *place = point;
    else
        points.insert(place, point);
}

void Referee::end(TrialNumber number, TrialState state) {
    if (Curve* curve = find(number))
        curve->state = state;
}

std::optional<std::string> Referee::verdict(TrialNumber number) const {
    const auto trial = std::ranges::lower_bound(curves_, number, {}, &Curve::number);
    if (trial == curves_.end() || trial->number != number)
        return std::nullopt;
    const std::span<const Curve> all(curves_);
    if (!lag_)
        return pruner_->judge(*trial, all);
    const auto later = static_cast<std::ptrdiff_t>(*lag_ - 1);
    const std::ptrdiff_t known = std::max<std::ptrdiff_t>(0, trial - curves_.begin() - later);
    return pruner_->judge(*trial, all.first(static_cast<std::size_t>(known)));
}

Curve* Referee::find(TrialNumber number) {
    const auto curve = std::ranges::lower_bound(curves_, number, {}, &Curve::number);
    return curve != curves_.end() && curve->number == number ? &*curve : nullptr;
}

}  // namespace parnas::search
