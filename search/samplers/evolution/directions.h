// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace parnas::search {

// Weights of the objectives with sum 1: where on a front to search. One row for each, all the
// same size.
using Directions = std::vector<std::vector<double>>;

// All weights that are multiples of 1 / divisions (Das and Dennis, SIAM J. Optim. 8(3), 1998), in
// lexicographic order: (divisions + objectives - 1) over divisions of them.
Directions even_directions(std::size_t objectives, std::size_t divisions);

// How many even_directions there are; at most a billion.
std::size_t count_even_directions(std::size_t objectives, std::size_t divisions);

// An outer layer, and an inner one half-way to the middle, which the outer layer alone leaves
// empty for many objectives (Deb and Jain, IEEE TEC 18(4), 2014).
Directions layered_directions(std::size_t objectives, std::size_t outer, std::size_t inner);

// As many as possible, up to `count`, but at least one for each objective: even ones, or in two
// layers where even ones have fewer divisions than objectives.
Directions directions_up_to(std::size_t objectives, std::size_t count);

}  // namespace parnas::search
