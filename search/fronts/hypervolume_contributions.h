// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "search/fronts/point_rows.h"

namespace parnas::search {

// How much of the front's hypervolume each point has alone: what the front would lose without
// it. Points that do not lie below the reference, or that others dominate or equal, have
// none; those that are dominated take none from others. Throws Error(internal) for a NaN, an
// infinitely good point, or a reference of another size or infinitely far away.
//
// O(n log n) for up to two objectives. For three a sweep that keeps the part of a slice that
// each point has alone as strips (Emmerich and Fonseca, EMO 2011, keep boxes), O(n log n) once
// the front is sorted out. For more a hypervolume for each point.
std::vector<double> hypervolume_contributions(PointRows points, std::span<const double> reference);

}  // namespace parnas::search
