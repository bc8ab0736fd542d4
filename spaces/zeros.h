// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "spaces/network.h"

namespace parnas::spaces {

// Whether a network has zeros that could be carried forward.
bool has_zeros(const Network& network);

// Whether the node's value is zero everywhere, given which of its inputs' values are
// (`zero` is by value).
//
// A normalisation of zeros counts as zero, although a trained one adds its bias: such a map
// says nothing of the network's input. Under this rule the cells of NAS-Bench-201, whose
// convolutions are relu, conv, norm, fall into the published classes.
bool gives_zero(const Node& node, const std::vector<bool>& zero);

}  // namespace parnas::spaces
