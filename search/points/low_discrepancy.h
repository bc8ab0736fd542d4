// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/rng.h"

namespace parnas::search {

// Points that fill the unit cube more evenly than chance: the coordinates, in [0, 1), of the
// point with an index. A point costs some hundred nanoseconds per dimension; not
// thread-safe.
using PointSequence = std::function<std::vector<double>(std::uint64_t index)>;

constexpr std::size_t kMostSobolDimensions = 3667;

// Sobol's sequence with the direction numbers of Joe and Kuo (SIAM J. Sci. Comput. 30(5),
// 2008), from Boost; indices below 2^32. `scramble`: by Owen's nested permutations, hashed
// (Burley, "Practical hash-based Owen scrambling", JCGT 9(4), 2020). Of the points from 0
// to 2^k - 1, each coordinate has one in every interval [i, i + 1) / 2^k, scrambled or not.
// Throws Error(invalid_input) beyond kMostSobolDimensions.
PointSequence make_sobol(std::size_t dimensions, const std::optional<Rng>& scramble);

// Halton's sequence: coordinate d is the index mirrored at the point in base p(d), the d-th
// prime. `scramble`: every digit goes through a random linear permutation (Matousek, J.
// Complexity 14(4), 1998); without, high dimensions run in parallel.
PointSequence make_halton(std::size_t dimensions, const std::optional<Rng>& scramble);

}  // namespace parnas::search
