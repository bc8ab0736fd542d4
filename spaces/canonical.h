// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hash.h"
#include "spaces/network.h"

namespace parnas::spaces {

// The name of an architecture: equal for two networks iff their simplified graphs are
// isomorphic (up to a collision of 128 bits). Node names do not count; the order of
// inputs counts where the op's does (concat, not add), and nested sums are one sum, a
// multiset of its terms. Colour refinement, then individualisation with automorphism
// pruning (McKay and Piperno, "Practical graph isomorphism II", 2014) where symmetric
// branches remain.
Digest canonical_hash(const Network& network);

}  // namespace parnas::spaces
