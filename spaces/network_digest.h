// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hash.h"
#include "spaces/network.h"

namespace parnas::spaces {

// Equal for networks that run the same work in the same order, dead branches too: what a runtime
// that removes nothing would take equally long for. Names do not count. Isomorphic networks may
// differ; those are equal by canonical_hash(). O(nodes).
Digest network_digest(const Network& network);

}  // namespace parnas::spaces
