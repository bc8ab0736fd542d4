// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "core/trial.h"
#include "search/fronts/point_rows.h"

namespace parnas::search {

// Points of one number of objectives, all minimised and finite.
using Point = std::vector<double>;

// Row by row in one block, as the functions of search/fronts/ take them.
std::vector<double> rows_of(std::span<const Point> points);

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

    // Whether insert() would take the point in under a number above all others.
    bool would_enter(const Point& objectives) const;

    // By number.
    const std::map<TrialNumber, Point>& members() const { return members_; }
    bool contains(TrialNumber number) const { return members_.contains(number); }
    std::vector<Point> points() const;

  private:
    std::map<TrialNumber, Point> members_;
};

}  // namespace parnas::search
