// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace parnas::search {

// One coordinate of the points that CMA-ES draws.
struct Marginal {
    double mean = 0.0;
    double spread = 1.0;  // standard deviation, > 0

    bool operator==(const Marginal&) const = default;
};

// The nearest marginal that leaves the mean's cell with probability `share`, in (0, 1/3): with
// at least half of it on either side, or all of it on the one side that an outer cell has. So no
// discrete parameter freezes while others are still searched (CMA-ES with margin, Hamano et al.,
// GECCO 2022).
// `borders` divide the line into cells, ascending; at least one. The outer cells have no end.
Marginal with_margin(const Marginal& marginal, std::span<const double> borders, double share);

}  // namespace parnas::search
