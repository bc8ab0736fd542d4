// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "search/fronts/point_rows.h"

namespace parnas::search {

// The front that each point is on: 0 for those that nothing dominates, 1 for those that only
// front 0 dominates, ... Equal points have the same rank; infinite values are compared like
// all others; throws Error(internal) for a NaN.
//
// Points enter in lexicographic order, and each finds its front by binary search, since a
// point that front k dominates is dominated by all fronts before k too (ENS-BS, Zhang et al.,
// IEEE TEC 19(2), 2015). Whether a front dominates is known by its last member for two
// objectives, O(n log n) in all; by a staircase in the last two of three, O(n log^2 n); by
// sets of bits for more (DominatingRows), O(n^2 (m + log n) / 64).
std::vector<std::size_t> non_dominated_sort(PointRows points);

}  // namespace parnas::search
