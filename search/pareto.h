// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "core/trial.h"

namespace parnas::search {

// Points of one number of objectives, all minimised and finite.
using Point = std::vector<double>;

// No worse anywhere and better somewhere; equal points do not dominate each other.
bool dominates(std::span<const double> a, std::span<const double> b);

// The front that each point is on: 0 for those that nothing dominates, 1 for those that
// only front 0 dominates, ... Efficient non-dominated sort with binary search (Zhang et
// al., IEEE TEC 19(2), 2015); O(n log n) for up to two objectives.
std::vector<std::size_t> non_dominated_ranks(std::span<const Point> points);

// How much room each point has on its front (Deb et al., IEEE TEC 6(2), 2002); infinite at
// the ends. `points` are one front.
std::vector<double> crowding_distances(std::span<const Point> points);

// The volume that `points` dominate below `reference`, exact. Points that do not lie below
// the reference in every objective add nothing. Sweeps for up to three objectives,
// WFG (While, Bradstreet and Barone, IEEE TEC 16(1), 2012) for more.
double hypervolume(std::span<const Point> points, std::span<const double> reference);

// The worst value of each objective: the reference of reports on studies whose job names
// none. It moves as trials are added, so such figures compare only within one reading.
Point worst_point(std::span<const Point> points);

// The points that no other one dominates, as they come in. Of equal points the one with
// the lowest number stays, so the order of insertion does not show in the end. Linear in
// the size of the front for each insertion.
class ParetoArchive {
  public:
    struct Change {
        bool entered = false;
        std::vector<TrialNumber> left;  // ascending
    };

    // Throws Error(internal) for a number that is there already, or a value that is not finite.
    Change insert(TrialNumber number, Point objectives);

    // By number.
    const std::map<TrialNumber, Point>& members() const { return members_; }
    bool contains(TrialNumber number) const { return members_.contains(number); }
    std::vector<Point> points() const;

  private:
    std::map<TrialNumber, Point> members_;
};

}  // namespace parnas::search
