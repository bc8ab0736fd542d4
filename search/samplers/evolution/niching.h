// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "core/rng.h"
#include "search/fronts/point_rows.h"
#include "search/samplers/evolution/directions.h"

namespace parnas::search {

// Points as NSGA-III sees them (Deb and Jain, IEEE TEC 18(4), 2014, algorithm 2): less the best
// value of each objective, divided by where the plane through the extreme points meets its axis.
// Where there is no such plane, by the largest value on the first front.
// `front`: the rows that nothing dominates.
std::vector<std::vector<double>> laid_on_plane(PointRows points,
                                               const std::vector<std::size_t>& front);

struct Niche {
    std::size_t direction = 0;
    double distance = 0.0;  // from the line through the origin
};

// The nearest direction of each point.
std::vector<Niche> niches(const std::vector<std::vector<double>>& points,
                          const Directions& directions);

// `count` of the candidates, by index: one after the other from the direction with the fewest
// members, chosen and taken, ties by chance; the nearest of its candidates if it has no member
// yet, otherwise any (algorithm 4).
std::vector<std::size_t> fill_niches(const std::vector<Niche>& members,
                                     const std::vector<Niche>& candidates,
                                     std::size_t directions,
                                     std::size_t count,
                                     Rng& rng);

}  // namespace parnas::search
