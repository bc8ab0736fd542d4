// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/hypervolume_contributions.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "core/error.h"
#include "search/fronts/hypervolume.h"
#include "search/fronts/non_dominated_sort.h"

namespace parnas::search {
namespace {

using Reference = std::span<const double>;

// The different points that lie below the reference and that no other one dominates, in
// lexicographic order.
struct Front {
    std::vector<double> values;
    std::vector<std::size_t> points;  // row -> its index among all points
    std::vector<bool> repeated;       // row -> whether several points are equal to it
};

Front front_below(PointRows points, Reference reference) {
    std::vector<std::size_t> order;
    std::vector<double> below;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (std::ranges::equal(points[i], reference, std::less<>{})) {
            order.push_back(i);
            below.insert(below.end(), points[i].begin(), points[i].end());
        }
    const auto ranks = non_dominated_sort({.values = below, .objectives = reference.size()});
    std::size_t members = 0;
    for (std::size_t i = 0; i < order.size(); ++i)
        if (ranks[i] == 0)
            order[members++] = order[i];
    order.resize(members);
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return std::ranges::lexicographical_compare(points[a], points[b]);
    });
    Front front;
    for (const std::size_t i : order) {
        if (!front.points.empty() && std::ranges::equal(points[i], points[front.points.back()])) {
            front.repeated.back() = true;
            continue;
        }
        front.points.push_back(i);
        front.repeated.push_back(false);
        front.values.insert(front.values.end(), points[i].begin(), points[i].end());
    }
    return front;
}

std::vector<double> contributions_2d(PointRows front, Reference reference) {
    std::vector<double> result(front.size());
    double top = reference[1];
    for (std::size_t i = 0; i < front.size(); ++i) {
        const double right = i + 1 < front.size() ? front[i + 1][0] : reference[0];
        result[i] = (right - front[i][0]) * (top - front[i][1]);
        top = front[i][1];
    }
    return result;
}

// What one point of a slice dominates alone: strips side by side, all from the point's second
// objective up, each lower than the one before it, and the third objective since when.
class Alone {
  public:
    Alone(std::size_t row, double y) : row_(row), y_(y) {}

    std::size_t row() const { return row_; }
    double y() const { return y_; }

    void add(double left, double right, double top, double z) {
        if (left < right)
            strips_.push_back({.left = left, .right = right, .top = top, .since = z});
    }

    // At z a point begins to dominate all from x on.
    void end_at_x(double x, double z) {
        double right = x;
        double top = y_;
        double left = x;
        while (!strips_.empty() && strips_.back().right > x) {
            left = strips_.back().left;
            top = strips_.back().top;
            count(strips_.back(), z);
            strips_.pop_back();
        }
        add(left, right, top, z);
    }

    // At z a point begins to dominate all from y on.
    void end_at_y(double y, double z) {
        if (strips_.empty() || strips_.front().top <= y)
            return;
        Strip lower{.left = strips_.front().left, .right = 0.0, .top = y, .since = z};
        while (!strips_.empty() && strips_.front().top > y) {
            lower.right = strips_.front().right;
            count(strips_.front(), z);
            strips_.pop_front();
        }
        strips_.push_front(lower);
    }

    // The volume, given that another point dominates all from z on.
    double end_at_z(double z) {
        for (const Strip& strip : strips_)
            count(strip, z);
        strips_.clear();
        return volume_;
    }

  private:
    struct Strip {
        double left;
        double right;
        double top;
        double since;
    };

    void count(const Strip& strip, double z) {
        volume_ += (strip.right - strip.left) * (strip.top - y_) * (z - strip.since);
    }

    std::size_t row_;
    double y_;
    std::deque<Strip> strips_;
    double volume_ = 0.0;
};

// Points come in by their third objective. In a slice, a point has nothing alone but between
// its neighbours on the staircase of the first two.
std::vector<double> contributions_3d(PointRows front, Reference reference) {
    std::vector<std::size_t> order(front.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return front[i][2]; });
    std::vector<double> result(front.size() + 1);  // the last is the guards'
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    std::map<double, Alone> steps;  // by x
    steps.emplace(-kInfinity, Alone(front.size(), reference[1]));
    steps.emplace(reference[0], Alone(front.size(), -kInfinity));
    for (const std::size_t row : order) {
        const double x = front[row][0];
        const double y = front[row][1];
        const double z = front[row][2];
        auto next = steps.lower_bound(x);
        Alone& before = std::prev(next)->second;
        before.end_at_x(x, z);
        Alone alone(row, y);
        double left = x;
        double top = before.y();
        while (next->second.y() >= y) {
            alone.add(left, next->first, top, z);
            left = next->first;
            top = next->second.y();
            result[next->second.row()] = next->second.end_at_z(z);
            next = steps.erase(next);
        }
        alone.add(left, next->first, top, z);
        next->second.end_at_y(y, z);
        steps.emplace_hint(next, x, std::move(alone));
    }
    for (auto& [x, alone] : steps)
        result[alone.row()] = alone.end_at_z(reference[2]);
    result.pop_back();
    return result;
}

// The box of each without what the others, limited to it, dominate.
std::vector<double> contributions_by_difference(PointRows front, Reference reference) {
    std::vector<double> result(front.size());
    std::vector<double> limited;
    for (std::size_t i = 0; i < front.size(); ++i) {
        limited.clear();
        for (std::size_t other = 0; other < front.size(); ++other)
            for (std::size_t j = 0; j < reference.size() && other != i; ++j)
                limited.push_back(std::max(front[i][j], front[other][j]));
        const double shared =
            hypervolume({.values = limited, .objectives = reference.size()}, reference);
        result[i] = std::max(0.0, box_volume(front[i], reference) - shared);
    }
    return result;
}

std::vector<double> contributions(PointRows front, Reference reference) {
    switch (reference.size()) {
        case 2:
            return contributions_2d(front, reference);
        case 3:
            return contributions_3d(front, reference);
        default:
            return contributions_by_difference(front, reference);
    }
}

}  // namespace

std::vector<double> hypervolume_contributions(PointRows points, std::span<const double> reference) {
    check_rows(points, reference);
    const Front front = front_below(points, reference);
    for (std::size_t i = 0; i < front.values.size(); ++i)
        check(std::isfinite(reference[i % reference.size()] - front.values[i]),
              "hypervolume_contributions: a point is infinitely good");
    const std::vector<double> alone =
        contributions({.values = front.values, .objectives = reference.size()}, reference);
    std::vector<double> result(points.size(), 0.0);
    for (std::size_t row = 0; row < alone.size(); ++row)
        if (!front.repeated[row])
            result[front.points[row]] = alone[row];
    return result;
}

}  // namespace parnas::search
