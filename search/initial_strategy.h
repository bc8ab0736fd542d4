// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "search/initial_points.h"
#include "search/strategy.h"

namespace parnas::search {

// Proposes the points, in order, as the first trials of a study's search, then what `inner`
// proposes; tells `inner` of all. Phases that `inner` begins with come before the points,
// which start from the weights that its own proposals start from. The points must have been
// checked against the space.
std::unique_ptr<Strategy> make_initial_strategy(std::vector<InitialPoint> points,
                                                std::unique_ptr<Strategy> inner);

}  // namespace parnas::search
