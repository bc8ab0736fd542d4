// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace parnas::search {

// Points row by row in one block, `objectives` values each, all minimised. A view.
struct PointRows {
    std::span<const double> values;
    std::size_t objectives = 0;

    std::size_t size() const { return values.empty() ? 0 : values.size() / objectives; }
    std::span<const double> operator[](std::size_t i) const {
        return values.subspan(i * objectives, objectives);
    }
};

// Throws Error(internal) where the block does not hold whole rows, or holds a NaN.
void check_rows(PointRows points);
// The same of points with a reference, which must have as many objectives and no NaN.
void check_rows(PointRows points, std::span<const double> reference);

// No worse anywhere and better somewhere; equal points do not dominate each other.
bool dominates(std::span<const double> a, std::span<const double> b);

// The volume between two opposite corners, `low` no larger than `high` anywhere.
double box_volume(std::span<const double> low, std::span<const double> high);

}  // namespace parnas::search
