// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

#include "core/rng.h"
#include "search/fronts/point_rows.h"
#include "search/pareto.h"

namespace parnas::search::tests {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline PointRows view(const std::vector<double>& values, std::size_t objectives) {
    return {.values = values, .objectives = objectives};
}

// Calls `visit` with all multisets of up to `most` points whose values are among `levels`.
inline void for_all_inputs(const std::vector<double>& levels,
                           std::size_t objectives,
                           std::size_t most,
                           const std::function<void(const std::vector<Point>&)>& visit) {
    std::vector<Point> grid{{}};
    for (std::size_t i = 0; i < objectives; ++i) {
        std::vector<Point> longer;
        for (const Point& point : grid)
            for (const double level : levels) {
                longer.push_back(point);
                longer.back().push_back(level);
            }
        grid = std::move(longer);
    }
    std::vector<Point> points;
    const std::function<void(std::size_t)> extend = [&](std::size_t first) {
        visit(points);
        for (std::size_t i = first; i < grid.size() && points.size() < most; ++i) {
            points.push_back(grid[i]);
            extend(i);
            points.pop_back();
        }
    };
    extend(0);
}

// In random order, so that no sorted input hides a fault.
inline std::vector<Point> shuffled(const std::vector<Point>& points, Rng& rng) {
    std::vector<Point> result;
    for (const std::size_t i : rng.sample(points.size(), points.size()))
        result.push_back(points[i]);
    return result;
}

// Anywhere in the unit cube, or with a few values only, so that many are equal.
inline std::vector<Point> cloud(std::size_t count, std::size_t objectives, Rng& rng) {
    std::vector<Point> points(count, Point(objectives));
    for (Point& point : points)
        for (double& value : point)
            value = rng.uniform();
    return points;
}

inline std::vector<Point> ties(std::size_t count, std::size_t objectives, Rng& rng) {
    std::vector<Point> points(count, Point(objectives));
    for (Point& point : points)
        for (double& value : point)
            value = static_cast<double>(rng.below(5));
    return points;
}

// On the unit sphere: all are on the front.
inline std::vector<Point> sphere(std::size_t count, std::size_t objectives, Rng& rng) {
    std::vector<Point> points(count, Point(objectives));
    for (Point& point : points) {
        double square = 0.0;
        for (double& value : point) {
            value = std::abs(rng.normal());
            square += value * value;
        }
        for (double& value : point)
            value = 1.0 - value / std::sqrt(square);
    }
    return points;
}

}  // namespace parnas::search::tests
