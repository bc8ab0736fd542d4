// SPDX-License-Identifier: Apache-2.0
#include "search/pareto.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "search/fronts/hypervolume.h"

namespace parnas::search {

std::vector<double> rows_of(std::span<const Point> points) {
    std::vector<double> rows;
    for (const Point& point : points) {
        check(point.size() == points[0].size(), "points differ in their numbers of objectives");
        rows.insert(rows.end(), point.begin(), point.end());
    }
    return rows;
}

double hypervolume(std::span<const Point> points, std::span<const double> reference) {
    return hypervolume({.values = rows_of(points),
                        .objectives = points.empty() ? reference.size() : points[0].size()},
                       reference);
}

Point worst_point(std::span<const Point> points) {
    Point worst = points.empty() ? Point{} : points[0];
    for (const Point& point : points)
        std::ranges::transform(
            point, worst, worst.begin(), [](double a, double b) { return std::max(a, b); });
    return worst;
}

ParetoArchive::Change ParetoArchive::insert(TrialNumber number, Point objectives) {
    check(!members_.contains(number), "ParetoArchive: the trial is a member already");
    check(std::ranges::all_of(objectives, [](double value) { return std::isfinite(value); }),
          "ParetoArchive: an objective is not finite");
    const auto beats = [&](const auto& member) {
        return dominates(member.second, objectives) ||
               (member.second == objectives && member.first < number);
    };
    if (std::ranges::any_of(members_, beats))
        return {};
    Change change{.entered = true};
    for (const auto& [other, point] : members_)
        if (dominates(objectives, point) || point == objectives)
            change.left.push_back(other);
    for (const TrialNumber gone : change.left)
        members_.erase(gone);
    members_.emplace(number, std::move(objectives));
    return change;
}

bool ParetoArchive::would_enter(const Point& objectives) const {
    return std::ranges::none_of(members_, [&](const auto& member) {
        return dominates(member.second, objectives) || member.second == objectives;
    });
}

std::vector<Point> ParetoArchive::points() const {
    std::vector<Point> points;
    points.reserve(members_.size());
    for (const auto& [number, point] : members_)
        points.push_back(point);
    return points;
}

}  // namespace parnas::search
