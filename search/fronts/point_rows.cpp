// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/point_rows.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace parnas::search {
namespace {

bool has_nan(std::span<const double> values) {
    return std::ranges::any_of(values, [](double value) { return std::isnan(value); });
}

}  // namespace

void check_rows(PointRows points) {
    if (points.values.empty())
        return;
    check(points.objectives > 0 && points.values.size() % points.objectives == 0,
          "points: the block does not hold whole rows");
    check(!has_nan(points.values), "points: an objective is NaN");
}

void check_rows(PointRows points, std::span<const double> reference) {
    check_rows(points);
    check(points.values.empty() || points.objectives == reference.size(),
          "points: the reference has another number of objectives");
    check(!has_nan(reference), "points: the reference has a NaN");
}

bool dominates(std::span<const double> a, std::span<const double> b) {
    bool better = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] > b[i])
            return false;
        better = better || a[i] < b[i];
    }
    return better;
}

double box_volume(std::span<const double> low, std::span<const double> high) {
    double volume = 1.0;
    for (std::size_t i = 0; i < low.size(); ++i)
        volume *= high[i] - low[i];
    return volume;
}

}  // namespace parnas::search
