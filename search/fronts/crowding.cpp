// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/crowding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace parnas::search {
namespace {

using Entry = std::pair<double, std::size_t>;  // value, point

void add_objective(std::span<const Entry> order, std::vector<double>& distances) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    distances[order.front().second] = kInfinity;
    distances[order.back().second] = kInfinity;
    const double range = order.back().first - order.front().first;
    if (!(range > 0.0) || std::isinf(range))
        return;
    for (std::size_t i = 1; i + 1 < order.size(); ++i)
        distances[order[i].second] += (order[i + 1].first - order[i - 1].first) / range;
}

}  // namespace

std::vector<double> crowding_distances(PointRows points) {
    check_rows(points);
    std::vector<double> distances(points.size(), 0.0);
    std::vector<Entry> order(points.size());
    for (std::size_t objective = 0; objective < points.objectives && !order.empty(); ++objective) {
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = {points[i][objective], i};
        std::ranges::sort(order);
        add_objective(order, distances);
    }
    return distances;
}

}  // namespace parnas::search
