// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "spaces/search_space.h"

namespace parnas::spaces {

// Feasible genotypes whose networks together have every weight of the space at its largest
// size: what shared weights are allocated from. Numbers have their largest value; every
// option of every choice, and every word of an attribute, is in one of them, its ancestors so
// that it counts. As many as the choice needs that has the most options, those of its
// options' own choices included: 5 for cell201; 18 for darts, whose last node has 35 ops on its
// edges and takes two edges.
//
// Where a `require` forbids a genotype, the numbers that it reads take the nearest values
// below the largest that it allows, in each of the ways that make another weight larger;
// options that it never allows there are left out. That a weight is largest where one number
// is largest, or smallest (groups), is taken for granted of each number on its own.
//
// Deterministic. Throws Error(invalid_input) for a space without a template, whose weights
// cannot be shared, and where no genotype at all is found that is feasible.
std::vector<Genotype> covering_genotypes(const SearchSpace& space);

}  // namespace parnas::spaces
