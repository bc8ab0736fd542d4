// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "spaces/network.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

// Networks that between them have every weight of a space at its largest size, and every
// size of kernel: what shared weights are made from. Throws Error(invalid_input) for a space
// without a template.
std::vector<spaces::Network> covering_networks(const spaces::SearchSpace& space);

// The largest network of a space with all options of its choices, for what all networks have
// to agree on: the order of their channels.
spaces::Network open_network(const spaces::SearchSpace& space);

}  // namespace parnas::evaluators
