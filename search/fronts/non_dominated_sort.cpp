// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/non_dominated_sort.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "core/error.h"
#include "search/fronts/dominating_rows.h"

namespace parnas::search {
namespace {

// The different points in lexicographic order: none is dominated by a later one.
struct DistinctRows {
    std::vector<double> values;
    std::vector<std::size_t> row_of;  // of each point
};

DistinctRows distinct_rows(PointRows points) {
    struct Entry {
        double first;
        std::size_t point;
    };
    std::vector<Entry> order(points.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = {points[i][0], i};
    std::ranges::sort(order, [&](const Entry& a, const Entry& b) {
        return a.first != b.first
                   ? a.first < b.first
                   : std::ranges::lexicographical_compare(points[a.point], points[b.point]);
    });
    DistinctRows result{.values = {}, .row_of = std::vector<std::size_t>(points.size())};
    result.values.reserve(points.values.size());
    std::size_t rows = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto point = points[order[i].point];
        if (i == 0 || !std::ranges::equal(point, points[order[i - 1].point])) {
            result.values.insert(result.values.end(), point.begin(), point.end());
            ++rows;
        }
        result.row_of[order[i].point] = rows - 1;
    }
    return result;
}

// The fronts of these functions hold what tells whether a front dominates the next row.

std::vector<std::size_t> sort_2d(PointRows rows) {
    std::vector<std::size_t> ranks(rows.size());
    std::vector<double> fronts;  // the second objective of the last member, which has the lowest
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const double y = rows[row][1];
        const auto found = std::ranges::upper_bound(fronts, y);
        ranks[row] = static_cast<std::size_t>(found - fronts.begin());
        if (found == fronts.end())
            fronts.push_back(y);
        else
            *found = y;
    }
    return ranks;
}

// The points (y, z) of a front that no other one of it dominates in these two.
class Steps {
  public:
    bool dominates(double y, double z) const {
        const auto next = steps_.upper_bound(y);
        return next != steps_.begin() && std::prev(next)->second <= z;
    }

    // Of a point that is not dominated. O(log n), and O(1) for each that it removes.
    void insert(double y, double z) {
        auto next = steps_.lower_bound(y);
        while (next != steps_.end() && next->second >= z)
            next = steps_.erase(next);
        steps_.emplace_hint(next, y, z);
    }

  private:
    std::map<double, double> steps_;  // y -> z, falling
};

std::vector<std::size_t> sort_3d(PointRows rows) {
    std::vector<std::size_t> ranks(rows.size());
    std::vector<Steps> fronts;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const double y = rows[row][1];
        const double z = rows[row][2];
        const auto found = std::ranges::partition_point(
            fronts, [&](const Steps& front) { return front.dominates(y, z); });
        ranks[row] = static_cast<std::size_t>(found - fronts.begin());
        (found == fronts.end() ? fronts.emplace_back() : *found).insert(y, z);
    }
    return ranks;
}

// Members as bits, without the words that have none.
class Members {
  public:
    void insert(std::size_t row) {
        const auto word = static_cast<std::uint32_t>(row / 64);
        if (chunks_.empty() || chunks_.back().word != word)
            chunks_.push_back({.word = word, .bits = 0});
        chunks_.back().bits |= std::uint64_t{1} << row % 64;
    }

    bool meets(std::span<const std::uint64_t> set) const {
        return std::any_of(chunks_.rbegin(), chunks_.rend(), [&](const Chunk& chunk) {
            return (set[chunk.word] & chunk.bits) != 0;
        });
    }

  private:
    struct Chunk {
        std::uint32_t word;
        std::uint64_t bits;
    };
    std::vector<Chunk> chunks_;
};

std::vector<std::size_t> sort_many(PointRows rows) {
    std::vector<std::size_t> ranks(rows.size());
    std::vector<Members> fronts;
    DominatingRows dominating(rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto dominators = dominating.find(row);
        const auto found = std::ranges::partition_point(
            fronts, [&](const Members& front) { return front.meets(dominators); });
        ranks[row] = static_cast<std::size_t>(found - fronts.begin());
        (found == fronts.end() ? fronts.emplace_back() : *found).insert(row);
    }
    return ranks;
}

std::vector<std::size_t> sort_rows(PointRows rows) {
    if (rows.objectives == 2)
        return sort_2d(rows);
    if (rows.objectives == 3)
        return sort_3d(rows);
    if (rows.objectives > 3)
        return sort_many(rows);
    std::vector<std::size_t> ranks(rows.size());
    std::iota(ranks.begin(), ranks.end(), std::size_t{0});
    return ranks;
}

}  // namespace

std::vector<std::size_t> non_dominated_sort(PointRows points) {
    check_rows(points);
    const DistinctRows distinct = distinct_rows(points);
    check(points.size() < std::numeric_limits<std::uint32_t>::max(), "points: too many to sort");
    const std::vector<std::size_t> ranks =
        sort_rows({.values = distinct.values, .objectives = points.objectives});
    std::vector<std::size_t> result(points.size());
    std::ranges::transform(
        distinct.row_of, result.begin(), [&](std::size_t row) { return ranks[row]; });
    return result;
}

}  // namespace parnas::search
