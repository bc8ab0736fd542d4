// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "spaces/count.h"
#include "spaces/network.h"

namespace parnas::spaces {

// By value: the first one that is computed alike, by equal ops without weights from equal inputs,
// seen through identities. (Two poolings of one value on two edges of a cell are such; compilers
// find them by common subexpression elimination.) `counts` are count_nodes(network).
std::vector<ValueId> first_equal_values(const Network& network, std::span<const Count> counts);

// The network in which what several nodes compute alike is computed once. It must be valid.
Network merge_equal_values(const Network& network);

}  // namespace parnas::spaces
