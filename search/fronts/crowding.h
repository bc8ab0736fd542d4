// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "search/fronts/point_rows.h"

namespace parnas::search {

// How much room each point has on its front (Deb et al., IEEE TEC 6(2), 2002); infinite at
// the ends. `points` are one front. An objective whose values are all equal, or spread over
// more than a double holds, adds nothing between the ends. Throws Error(internal) for a NaN.
std::vector<double> crowding_distances(PointRows points);

}  // namespace parnas::search
