// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "core/rng.h"
#include "core/trial.h"
#include "spaces/search_space.h"

namespace parnas::search {

// What a parameter opens in a supernet. One that does several things counts as the first of
// them here; `none` is not about the network: a hyperparameter of training.
enum class Role { none, resolution, depth, kernel, width, path };

// One per parameter. A space without a template has no roles but `none`.
std::vector<Role> roles(const spaces::SearchSpace& space);

// The values that sub-networks may have, one list per parameter; an empty list: all.
using OpenValues = std::vector<std::vector<Value>>;

// The domain's values from the smallest to the largest: numbers by size, ordered choices by
// their order. Empty for choices without an order and for what is not finite.
std::vector<Value> by_size(const spaces::Domain& domain);

// A random feasible genotype with open values. Throws Error(invalid_input) after 10,000
// rejections.
Genotype draw_open(const spaces::SearchSpace& space, const OpenValues& open, Rng& rng);

// Multiply-adds of the genotype's network.
double path_cost(const spaces::SearchSpace& space, const Genotype& genotype);

enum class Extreme { smallest, largest };

// The sub-network with the most (least) multiply-adds among those that are open: all that
// has an order at its largest (smallest) value, and from there one parameter after the
// other at the value that costs most (least), until none changes.
Genotype extreme_path(const spaces::SearchSpace& space, const OpenValues& open, Extreme extreme);

// The largest network's values; what it does not have, an option that it leaves out, is at
// its largest, too. Not normalised.
Genotype full_genotype(const spaces::SearchSpace& space);

}  // namespace parnas::search
