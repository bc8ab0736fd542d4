// SPDX-License-Identifier: Apache-2.0
#include "search/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::size_t> lexicographic_order(std::span<const Point> points) {
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, [points](std::size_t a, std::size_t b) { return points[a] < points[b]; });
    return order;
}

// The points on a front, in lexicographic order.
using Front = std::vector<std::size_t>;

// `point` comes after all of `front` in lexicographic order. With two objectives the last
// member has the lowest second one, so it dominates if any does.
bool front_dominates(const Front& front, std::span<const Point> points, const Point& point) {
    if (point.size() <= 2)
        return dominates(points[front.back()], point);
    return std::any_of(front.rbegin(), front.rend(), [&](std::size_t member) {
        return dominates(points[member], point);
    });
}

void add_crowding(std::span<const Point> points,
                  std::size_t objective,
                  std::vector<double>& distances) {
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return points[i][objective]; });
    const double range = points[order.back()][objective] - points[order.front()][objective];
    distances[order.front()] = kInfinity;
    distances[order.back()] = kInfinity;
    if (range <= 0.0)
        return;
    for (std::size_t i = 1; i + 1 < order.size(); ++i)
        distances[order[i]] +=
            (points[order[i + 1]][objective] - points[order[i - 1]][objective]) / range;
}

// The area that points dominate below a reference corner, as points come in.
class Staircase {
  public:
    Staircase(double reference_x, double reference_y) {
        steps_.emplace(-kInfinity, reference_y);
        steps_.emplace(reference_x, -kInfinity);
    }

    // (x, y) lies below the reference. O(log n), and O(1) for each step that it removes.
    void insert(double x, double y) {
        auto step = std::prev(steps_.upper_bound(x));
        double left = x;
        while (step->second > y) {
            const auto next = std::next(step);
            area_ += (next->first - left) * (step->second - y);
            left = next->first;
            if (step->first >= x)
                steps_.erase(step);
            step = next;
        }
        if (left > x)
            steps_.emplace(x, y);
    }

    double area() const { return area_; }

  private:
    std::map<double, double> steps_;  // x -> y from x on, never rising; between two guards
    double area_ = 0.0;
};

double sweep_2d(std::span<const Point> points, std::span<const double> reference) {
    Staircase front(reference[0], reference[1]);
    for (const Point& point : points)
        front.insert(point[0], point[1]);
    return front.area();
}

// Slices between consecutive third objectives, each as deep as the area in front of it.
double sweep_3d(std::vector<Point> points, std::span<const double> reference) {
    std::ranges::sort(points, {}, [](const Point& point) { return point[2]; });
    Staircase slice(reference[0], reference[1]);
    double volume = 0.0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        slice.insert(points[i][0], points[i][1]);
        const double end = i + 1 < points.size() ? points[i + 1][2] : reference[2];
        volume += slice.area() * (end - points[i][2]);
    }
    return volume;
}

std::vector<Point> first_front(std::vector<Point> points) {
    std::ranges::sort(points);
    std::vector<Point> front;
    for (Point& point : points)
        if (std::ranges::none_of(front, [&](const Point& other) {
                return other == point || dominates(other, point);
            }))
            front.push_back(std::move(point));
    return front;
}

double volume_below(std::vector<Point> points, std::span<const double> reference);

// The sum over the points of what each adds to those after it: its box without the part
// that the later ones, limited to that box, dominate.
double wfg(const std::vector<Point>& points, std::span<const double> reference) {
    double volume = 0.0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        double box = 1.0;
        for (std::size_t j = 0; j < reference.size(); ++j)
            box *= reference[j] - points[i][j];
        std::vector<Point> limited(points.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                   points.end());
        for (Point& point : limited)
            std::ranges::transform(
                point, points[i], point.begin(), [](double a, double b) { return std::max(a, b); });
        volume += box - volume_below(first_front(std::move(limited)), reference);
    }
    return volume;
}

// All points lie below the reference.
double volume_below(std::vector<Point> points, std::span<const double> reference) {
    if (points.empty())
        return 0.0;
    switch (reference.size()) {
        case 1:
            return reference[0] - (*std::ranges::min_element(points))[0];
        case 2:
            return sweep_2d(points, reference);
        case 3:
            return sweep_3d(std::move(points), reference);
        default:
            return wfg(first_front(std::move(points)), reference);
    }
}

}  // namespace

bool dominates(std::span<const double> a, std::span<const double> b) {
    bool better = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] > b[i])
            return false;
        better = better || a[i] < b[i];
    }
    return better;
}

std::vector<std::size_t> non_dominated_ranks(std::span<const Point> points) {
    std::vector<std::size_t> ranks(points.size());
    std::vector<Front> fronts;
    for (const std::size_t index : lexicographic_order(points)) {
        // A point that front k dominates is dominated by all fronts before k too.
        const auto found = std::ranges::partition_point(fronts, [&](const Front& front) {
            return front_dominates(front, points, points[index]);
        });
        ranks[index] = static_cast<std::size_t>(found - fronts.begin());
        if (found == fronts.end())
            fronts.push_back({index});
        else
            found->push_back(index);
    }
    return ranks;
}

std::vector<double> crowding_distances(std::span<const Point> points) {
    std::vector<double> distances(points.size(), 0.0);
    if (points.empty())
        return distances;
    for (std::size_t objective = 0; objective < points[0].size(); ++objective)
        add_crowding(points, objective, distances);
    return distances;
}

double hypervolume(std::span<const Point> points, std::span<const double> reference) {
    std::vector<Point> below;
    for (const Point& point : points) {
        check(point.size() == reference.size(),
              "hypervolume: a point and the reference differ in size");
        if (std::ranges::equal(point, reference, std::less<>{}))
            below.push_back(point);
    }
    return volume_below(std::move(below), reference);
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

std::vector<Point> ParetoArchive::points() const {
    std::vector<Point> points;
    points.reserve(members_.size());
    for (const auto& [number, point] : members_)
        points.push_back(point);
    return points;
}

}  // namespace parnas::search
