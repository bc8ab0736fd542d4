// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "search/fronts/point_rows.h"

namespace parnas::search {

// The volume that `points` dominate below `reference`, exact. Points that do not lie below the
// reference in every objective add nothing. Infinite if the box between the best value of each
// objective and the reference is more than a double holds, so that infinitely good points are
// allowed. Throws Error(internal) for a NaN or a reference of another size.
//
// - Two objectives: a sweep, O(n log n).
// - Three: a sweep with a balanced tree, O(n log n) (Fonseca, Paquete and Lopez-Ibanez, CEC
//   2006; Beume et al., IEEE TEC 13(5), 2009).
// - Four: a sweep that adds each point's share of the volume in three, O(n^2 log n) (Guerreiro
//   and Fonseca, IEEE TEC 22(3), 2018, whose shares take O(n)).
// - More: WFG (While, Bradstreet and Barone, IEEE TEC 16(1), 2012), an objective less at each
//   level, down to four.
double hypervolume(PointRows points, std::span<const double> reference);

}  // namespace parnas::search
