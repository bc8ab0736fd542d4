// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "search/fronts/point_rows.h"

namespace parnas::search {

// The places of `count` points, or of all, in the order in which each adds most to the
// hypervolume of those before it, of equal ones the first: together they keep at least 1 - 1/e of
// what the best so many do (Guerreiro, Fonseca and Paquete, GECCO 2015). A point's gain only
// shrinks as others are chosen, so most need not be measured again. Throws as hypervolume().
std::vector<std::size_t> hypervolume_subset(PointRows points,
                                            std::span<const double> reference,
                                            std::size_t count);

}  // namespace parnas::search
