// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/niching.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/LU>

namespace parnas::search {
namespace {

std::vector<double> best_of_rows(PointRows points, const std::vector<std::size_t>& rows) {
    std::vector<double> best(points.objectives, std::numeric_limits<double>::infinity());
    for (const std::size_t row : rows)
        for (std::size_t k = 0; k < points.objectives; ++k)
            best[k] = std::min(best[k], points[row][k]);
    return best;
}

// The row that reaches farthest along one axis: the least when other objectives weigh a million
// times as much.
std::size_t extreme_row(PointRows points,
                        const std::vector<std::size_t>& front,
                        const std::vector<double>& ideal,
                        std::size_t axis) {
    const auto reach = [&](std::size_t row) {
        double most = 0.0;
        for (std::size_t k = 0; k < points.objectives; ++k)
            most = std::max(most, (points[row][k] - ideal[k]) * (k == axis ? 1.0 : 1e6));
        return most;
    };
    return *std::ranges::min_element(front, {}, reach);
}

std::vector<double> intercepts(PointRows points,
                               const std::vector<std::size_t>& front,
                               const std::vector<double>& ideal) {
    const auto n = static_cast<Eigen::Index>(points.objectives);
    Eigen::MatrixXd extremes(n, n);
    for (std::size_t axis = 0; axis < points.objectives; ++axis) {
        const std::size_t row = extreme_row(points, front, ideal, axis);
        for (std::size_t k = 0; k < points.objectives; ++k)
            extremes(static_cast<Eigen::Index>(axis), static_cast<Eigen::Index>(k)) =
                points[row][k] - ideal[k];
    }
    // The plane is where the product with its normal is 1.
    std::vector<double> found;
    const Eigen::FullPivLU<Eigen::MatrixXd> lu(extremes);
    if (lu.isInvertible())
        for (const double each : Eigen::VectorXd(lu.solve(Eigen::VectorXd::Ones(n))))
            found.push_back(1.0 / each);
    const auto is_scale = [](double x) { return std::isfinite(x) && x > 0.0; };
    if (!found.empty() && std::ranges::all_of(found, is_scale))
        return found;
    std::vector<double> largest(points.objectives, 0.0);
    for (const std::size_t row : front)
        for (std::size_t k = 0; k < points.objectives; ++k)
            largest[k] = std::max(largest[k], points[row][k] - ideal[k]);
    for (double& each : largest)
        each = is_scale(each) ? each : 1.0;
    return largest;
}

double distance_to_line(const std::vector<double>& point, const std::vector<double>& direction) {
    double along = 0.0;
    double squared = 0.0;
    for (std::size_t k = 0; k < point.size(); ++k) {
        along += point[k] * direction[k];
        squared += direction[k] * direction[k];
    }
    double distance = 0.0;
    for (std::size_t k = 0; k < point.size(); ++k) {
        const double off = point[k] - along / squared * direction[k];
        distance += off * off;
    }
    return std::sqrt(distance);
}

// The directions with the fewest members among those with candidates.
std::vector<std::size_t> emptiest(const std::vector<std::size_t>& members,
                                  const std::vector<std::vector<std::size_t>>& candidates) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (candidates[i].empty())
            continue;
        if (!found.empty() && members[i] < members[found.front()])
            found.clear();
        if (found.empty() || members[i] == members[found.front()])
            found.push_back(i);
    }
    return found;
}

}  // namespace

std::vector<std::vector<double>> laid_on_plane(PointRows points,
                                               const std::vector<std::size_t>& front) {
    const std::vector<double> ideal = best_of_rows(points, front);
    const std::vector<double> scale = intercepts(points, front, ideal);
    std::vector<std::vector<double>> result(points.size());
    for (std::size_t row = 0; row < points.size(); ++row)
        for (std::size_t k = 0; k < points.objectives; ++k)
            result[row].push_back((points[row][k] - ideal[k]) / scale[k]);
    return result;
}

std::vector<Niche> niches(const std::vector<std::vector<double>>& points,
                          const Directions& directions) {
    std::vector<Niche> result;
    for (const std::vector<double>& point : points) {
        Niche nearest{.distance = std::numeric_limits<double>::infinity()};
        for (std::size_t i = 0; i < directions.size(); ++i) {
            const double distance = distance_to_line(point, directions[i]);
            if (distance < nearest.distance)
                nearest = {.direction = i, .distance = distance};
        }
        result.push_back(nearest);
    }
    return result;
}

std::vector<std::size_t> fill_niches(const std::vector<Niche>& members,
                                     const std::vector<Niche>& candidates,
                                     std::size_t directions,
                                     std::size_t count,
                                     Rng& rng) {
    std::vector<std::size_t> crowd(directions, 0);
    for (const Niche& member : members)
        ++crowd[member.direction];
    std::vector<std::vector<std::size_t>> waiting(directions);
    for (std::size_t i = 0; i < candidates.size(); ++i)
        waiting[candidates[i].direction].push_back(i);
    std::vector<std::size_t> chosen;
    while (chosen.size() < std::min(count, candidates.size())) {
        const std::size_t direction = rng.pick(emptiest(crowd, waiting));
        std::vector<std::size_t>& queue = waiting[direction];
        const auto distance = [&](std::size_t i) { return candidates[i].distance; };
        const auto taken =
            crowd[direction] == 0
                ? std::ranges::min_element(queue, {}, distance)
                : queue.begin() + static_cast<std::ptrdiff_t>(rng.below(queue.size()));
        chosen.push_back(*taken);
        queue.erase(taken);
        ++crowd[direction];
    }
    return chosen;
}

}  // namespace parnas::search
