// SPDX-License-Identifier: Apache-2.0
#include "search/acquisition/box_decomposition.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "search/fronts/non_dominated_sort.h"

namespace parnas::search {
namespace {

using Level = std::uint32_t;

// The corner of a part of the region that no point dominates: nothing that is below it in all
// objectives is dominated.
struct UpperBound {
    std::vector<Level> corner;
    // Row j: the point that gives the corner its objective j.
    std::vector<Level> defining;
};

// The different points that nothing dominates, below the reference.
std::vector<std::span<const double>> front_of(PointRows points, std::span<const double> reference) {
    const std::vector<std::size_t> ranks = non_dominated_sort(points);
    std::vector<std::span<const double>> front;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (ranks[i] == 0 && std::ranges::equal(points[i], reference, std::less<>{}))
            front.push_back(points[i]);
    std::ranges::sort(front,
                      [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); });
    const auto same = [](auto a, auto b) { return std::ranges::equal(a, b); };
    front.erase(std::unique(front.begin(), front.end(), same), front.end());
    return front;
}

UpperBound whole_region(std::size_t objectives, Level reference) {
    UpperBound bound{.corner = std::vector<Level>(objectives, reference),
                     .defining = std::vector<Level>(objectives * objectives, 0)};
    for (std::size_t j = 0; j < objectives; ++j)
        bound.defining[j * objectives + j] = reference;
    return bound;
}

// The highest of objective j among the points that define the first `count` others.
Level highest_of_others(const UpperBound& bound, std::size_t j, std::size_t count) {
    const std::size_t objectives = bound.corner.size();
    Level highest = 0;
    for (std::size_t k = 0; k < count; ++k)
        if (k != j)
            highest = std::max(highest, bound.defining[k * objectives + j]);
    return highest;
}

// No two points share a level, so every bound that is kept is needed.
void insert(std::span<const Level> point, std::vector<UpperBound>& bounds) {
    const std::size_t objectives = point.size();
    const auto cut = std::partition(bounds.begin(), bounds.end(), [&](const UpperBound& bound) {
        return !std::ranges::equal(point, bound.corner, std::less<>{});
    });
    std::vector<UpperBound> parts;
    for (auto bound = cut; bound != bounds.end(); ++bound)
        for (std::size_t j = 0; j < objectives; ++j) {
            if (point[j] < highest_of_others(*bound, j, objectives))
                continue;
            UpperBound& part = parts.emplace_back(*bound);
            part.corner[j] = point[j];
            std::ranges::copy(point,
                              part.defining.begin() + static_cast<std::ptrdiff_t>(j * objectives));
        }
    bounds.erase(cut, bounds.end());
    std::ranges::move(parts, std::back_inserter(bounds));
}

}  // namespace

BoxDecomposition::BoxDecomposition(PointRows points, const Region& region) {
    const auto [lowest, reference] = region;
    check_rows(points, reference);
    check_rows(points, lowest);
    check(!reference.empty() && lowest.size() == reference.size(), "boxes: no region");
    const std::size_t objectives = reference.size();
    const std::vector<std::span<const double>> front = front_of(points, reference);

    // Equal values get levels of their own, in any order: boxes between them are empty.
    std::vector<Level> ranks(front.size() * objectives);
    for (std::size_t j = 0; j < objectives; ++j) {
        std::vector<std::size_t> order(front.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(front[i][j], i); });
        std::vector<double>& levels = levels_.emplace_back(1, lowest[j]);
        for (const std::size_t i : order) {
            ranks[i * objectives + j] = static_cast<Level>(levels.size());
            levels.push_back(std::max(front[i][j], lowest[j]));
        }
        levels.push_back(reference[j]);
    }

    std::vector<UpperBound> bounds{whole_region(objectives, static_cast<Level>(front.size() + 1))};
    for (std::size_t i = 0; i < front.size(); ++i)
        insert(std::span(ranks).subspan(i * objectives, objectives), bounds);

    std::vector<Level> box;
    for (const UpperBound& bound : bounds) {
        box.clear();
        bool empty = false;
        for (std::size_t j = 0; j < objectives; ++j) {
            box.insert(box.end(), {highest_of_others(bound, j, j), bound.corner[j]});
            empty = empty || levels_[j][box[2 * j]] >= levels_[j][box[2 * j + 1]];
        }
        if (!empty)
            corners_.insert(corners_.end(), box.begin(), box.end());
    }
}

}  // namespace parnas::search
