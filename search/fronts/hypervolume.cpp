// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/hypervolume.h"

#include <algorithm>
#include <array>
#include <boost/container/flat_map.hpp>
#include <cmath>
#include <map>

#include "core/error.h"
#include "search/fronts/staircase.h"

namespace parnas::search {
namespace {

using Reference = std::span<const double>;

template <std::size_t m>
using Tuple = std::array<double, m>;

template <std::size_t m>
std::vector<Tuple<m>> tuples_by_last(PointRows points) {
    std::vector<Tuple<m>> tuples(points.size());
    for (std::size_t i = 0; i < tuples.size(); ++i)
        std::ranges::copy(points[i], tuples[i].begin());
    std::ranges::sort(tuples, {}, [](const Tuple<m>& tuple) { return tuple.back(); });
    return tuples;
}

double sweep_2d(PointRows points, Reference reference) {
    double area = 0.0;
    double lowest = reference[0];
    for (const auto& [x, y] : tuples_by_last<2>(points))
        if (x < lowest) {
            area += (lowest - x) * (reference[1] - y);
            lowest = x;
        }
    return area;
}

// Slices between consecutive third objectives, each as deep as the area in front of it.
double sweep_3d(PointRows points, Reference reference) {
    Staircase<std::map<double, double>> slice(reference[0], reference[1]);
    double volume = 0.0;
    double z = reference[2];
    for (const auto& [x, y, next_z] : tuples_by_last<3>(points)) {
        volume += slice.area() * (next_z - z);
        z = next_z;
        slice.insert(x, y);
    }
    return volume + slice.area() * (reference[2] - z);
}

// The volume that points dominate in three objectives, as points come in.
class Volume {
  public:
    explicit Volume(Reference reference) : reference_(reference) {}

    void insert(const Tuple<3>& point) {
        const double share = share_of(point);
        if (share <= 0.0)
            return;
        volume_ += share;
        std::erase_if(members_, [&](const Tuple<3>& member) {
            return std::ranges::equal(point, member, std::less_equal<>{});
        });
        const auto place = std::ranges::upper_bound(
            members_, point[2], {}, [](const Tuple<3>& member) { return member[2]; });
        members_.insert(place, point);
    }

    double volume() const { return volume_; }

  private:
    // What it adds: from its third objective on, its rectangle without what lies in front.
    double share_of(const Tuple<3>& point) {
        const auto& [x, y, z] = point;
        const double whole = (reference_[0] - x) * (reference_[1] - y);
        Staircase<boost::container::flat_map<double, double>> covered(reference_[0], reference_[1]);
        double share = 0.0;
        double from = z;
        for (const auto& [other_x, other_y, other_z] : members_) {
            if (other_z > from) {
                share += (whole - covered.area()) * (other_z - from);
                from = other_z;
            }
            if (other_x <= x && other_y <= y)
                return share;
            covered.insert(std::max(x, other_x), std::max(y, other_y));
        }
        return share + (whole - covered.area()) * (reference_[2] - from);
    }

    Reference reference_;
    std::vector<Tuple<3>> members_;  // no one dominates another; by the third objective
    double volume_ = 0.0;
};

// Slices between consecutive fourth objectives.
double sweep_4d(PointRows points, Reference reference) {
    Volume slice(reference);
    double volume = 0.0;
    double w = reference[3];
    for (const auto& [x, y, z, next_w] : tuples_by_last<4>(points)) {
        volume += slice.volume() * (next_w - w);
        w = next_w;
        slice.insert({x, y, z});
    }
    return volume + slice.volume() * (reference[3] - w);
}

// The points that no other one dominates or equals, those with the worst last objective first.
std::vector<std::span<const double>> front_from_behind(PointRows points) {
    std::vector<std::span<const double>> order;
    for (std::size_t i = 0; i < points.size(); ++i)
        order.push_back(points[i]);
    std::ranges::sort(order, [](auto a, auto b) {
        return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
    });
    std::vector<std::span<const double>> front;
    for (const auto point : order)
        if (std::ranges::none_of(front, [&](auto other) {
                return std::ranges::equal(other, point, std::less_equal<>{});
            }))
            front.push_back(point);
    std::ranges::reverse(front);
    return front;
}

double volume_below(PointRows points, Reference reference);

// The sum over the points of what each adds to those after it: its box without the part that
// the later ones, limited to that box, dominate. They are no worse in the last objective, and
// so reach through the whole box in it.
double wfg(PointRows points, Reference reference) {
    const auto front = front_from_behind(points);
    const Reference others = reference.first(reference.size() - 1);
    double volume = 0.0;
    std::vector<double> limited;
    for (std::size_t i = 0; i < front.size(); ++i) {
        limited.clear();
        for (std::size_t later = i + 1; later < front.size(); ++later)
            for (std::size_t j = 0; j < others.size(); ++j)
                limited.push_back(std::max(front[i][j], front[later][j]));
        const double added = box_volume(front[i].first(others.size()), others) -
                             volume_below({.values = limited, .objectives = others.size()}, others);
        volume += added * (reference.back() - front[i].back());
    }
    return volume;
}

// All points lie below the reference.
double volume_below(PointRows points, Reference reference) {
    if (points.size() == 0)
        return 0.0;
    switch (reference.size()) {
        case 1:
            return reference[0] - std::ranges::min(points.values);
        case 2:
            return sweep_2d(points, reference);
        case 3:
            return sweep_3d(points, reference);
        case 4:
            return sweep_4d(points, reference);
        default:
            return wfg(points, reference);
    }
}

// The values of the points that lie below the reference.
std::vector<double> select_below(PointRows points, Reference reference) {
    std::vector<double> below;
    below.reserve(points.values.size());
    for (std::size_t i = 0; i < points.size(); ++i)
        if (std::ranges::equal(points[i], reference, std::less<>{}))
            below.insert(below.end(), points[i].begin(), points[i].end());
    return below;
}

std::vector<double> best_values(PointRows points) {
    std::vector<double> best(points[0].begin(), points[0].end());
    for (std::size_t i = 1; i < points.size(); ++i)
        std::ranges::transform(
            points[i], best, best.begin(), [](double a, double b) { return std::min(a, b); });
    return best;
}

}  // namespace

double hypervolume(PointRows points, std::span<const double> reference) {
    check_rows(points, reference);
    const std::vector<double> values = select_below(points, reference);
    if (values.empty())
        return 0.0;
    const PointRows below{.values = values, .objectives = reference.size()};
    const double most = box_volume(best_values(below), reference);
    return std::isinf(most) ? most : volume_below(below, reference);
}

}  // namespace parnas::search
