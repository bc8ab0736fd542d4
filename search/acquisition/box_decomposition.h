// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/fronts/point_rows.h"

namespace parnas::search {

// The part of a region in which gains of hypervolume count: below the reference, and no lower
// than `lowest`, which may be infinitely low; one value per objective, all minimised.
struct Region {
    std::span<const double> lowest;
    std::span<const double> reference;
};

// What no point of a front dominates within a region, as boxes that do not overlap: where a new
// point gains hypervolume.
//
// The boxes belong to the local upper bounds of the front, which points enter one by one
// (Klamroth, Lacour and Vanderpooten, EJOR 245(3), 2015; the boxes: Lacour, Klamroth and
// Fonseca, C&OR 79, 2017). There are n + 1 of them for two objectives, at most 2 n + 1 for
// three and O(n^(m / 2)) for m.
class BoxDecomposition {
  public:
    // Points that do not lie below the reference, or that others dominate, change nothing.
    // Throws Error(internal) for a NaN, a region of another size, or of none at all.
    BoxDecomposition(PointRows points, const Region& region);

    std::size_t objectives() const { return levels_.size(); }
    // Where the boxes begin and end in an objective, ascending: the lowest value, the
    // front's values, the reference.
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
