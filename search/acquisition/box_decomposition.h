// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/fronts/point_rows.h"

namespace parnas::search {

// What no point of a front dominates, below a reference, as boxes that do not overlap: where a
// new point gains hypervolume. All objectives are minimised.
//
// The boxes belong to the local upper bounds of the front, which points enter one by one
// (Klamroth, Lacour and Vanderpooten, EJOR 245(3), 2015; the boxes: Lacour, Klamroth and
// Fonseca, C&OR 79, 2017). There are n + 1 of them for two objectives, at most 2 n + 1 for
// three and O(n^(m / 2)) for m.
class BoxDecomposition {
  public:
    // Points that do not lie below the reference, or that others dominate, change nothing.
    // Throws Error(internal) for a NaN, a reference of another size, or none at all.
    BoxDecomposition(PointRows points, std::span<const double> reference);

    std::size_t objectives() const { return levels_.size(); }
    // Where the boxes begin and end in an objective, ascending: minus infinity, the front's
    // values, the reference.
    std::span<const double> levels(std::size_t objective) const { return levels_[objective]; }

    std::size_t size() const { return corners_.size() / (2 * objectives()); }
    // Between which levels a box lies: for each objective that of its lower and its upper end.
    std::span<const std::uint32_t> box(std::size_t i) const {
        return std::span(corners_).subspan(2 * objectives() * i, 2 * objectives());
    }

  private:
    std::vector<std::vector<double>> levels_;
    std::vector<std::uint32_t> corners_;
};

}  // namespace parnas::search
