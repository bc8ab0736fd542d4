// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/margin.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numbers>

namespace parnas::search {
namespace {

// The probability of more than `z`, and back.
double upper_tail(double z) {
    return 0.5 * std::erfc(z / std::numbers::sqrt2);
}
double tail_begin(double probability) {
    return std::numbers::sqrt2 * boost::math::erfc_inv(2.0 * probability);
}

Marginal in_outer_cell(const Marginal& marginal, double border, double share) {
    const double farthest = marginal.spread * tail_begin(share);
    return {.mean = std::clamp(marginal.mean, border - farthest, border + farthest),
            .spread = marginal.spread};
}

Marginal in_inner_cell(const Marginal& marginal, double low, double high, double share) {
    const double least = 0.5 * share;
    const double below = upper_tail((marginal.mean - low) / marginal.spread);
    const double above = upper_tail((high - marginal.mean) / marginal.spread);
    if (below >= least && above >= least)
        return marginal;
    const double inside = 1.0 - below - above;
    const double raised_below = std::max(least, below);
    const double raised_above = std::max(least, above);
    // What was added is taken from the three parts by what they have above the least.
    const double total = raised_below + raised_above + inside;
    const double factor = (1.0 - total) / (total - 1.5 * share);
    const double z_low = tail_begin(raised_below + factor * (raised_below - least));
    const double z_high = tail_begin(raised_above + factor * (raised_above - least));
    return {.mean = (low * z_high + high * z_low) / (z_low + z_high),
            .spread = (high - low) / (z_low + z_high)};
}

}  // namespace

Marginal with_margin(const Marginal& marginal, std::span<const double> borders, double share) {
    const auto above = std::ranges::upper_bound(borders, marginal.mean);
    if (above == borders.begin() || above == borders.end())
        return in_outer_cell(
            marginal, above == borders.end() ? borders.back() : borders.front(), share);
    return in_inner_cell(marginal, *(above - 1), *above, share);
}

}  // namespace parnas::search
