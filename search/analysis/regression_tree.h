// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "core/rng.h"
#include "search/analysis/box_function.h"

namespace parnas::search {

// What a tree learns from.
struct TreeSample {
    std::size_t axes = 0;           // d
    std::vector<double> positions;  // d x n, axis by axis, in [0, 1]
    std::vector<double> values;     // n, at least one
    std::vector<double> weights;    // n, > 0: how often each counts

    const double* axis(std::size_t axis) const { return positions.data() + axis * values.size(); }
};

struct TreeShape {
    std::size_t min_leaf = 1;  // observations
    std::size_t max_depth = 64;
};

// A regression tree whose splits lower the sum of squares the most (Breiman et al., 1984), each
// halfway between two neighbours, until the values of a leaf are equal. Of splits that are equally
// good one on a random axis. O(d n) for each level after sorting.
BoxFunction grow_tree(const TreeSample& sample, const TreeShape& shape, Rng& rng);

}  // namespace parnas::search
