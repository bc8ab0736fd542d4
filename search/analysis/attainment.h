// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "search/pareto.h"

namespace parnas::search {

// What at least `times` of several runs attained: the corners of the staircase below which a goal
// was reached by fewer of them (Fonseca and Fleming, "On the Performance Assessment and Comparison
// of Stochastic Multiobjective Optimizers", PPSN 1996). Two objectives, minimised; each run is its
// points, dominated or not. Corners ascend in the first objective and descend in the second;
// none if fewer runs have points. O(p (r + log p)) for p points in all and r runs.
std::vector<Point> attainment(std::span<const std::vector<Point>> runs, std::size_t times);

}  // namespace parnas::search
