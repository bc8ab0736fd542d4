// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spaces/network.h"

namespace parnas::spaces {

// The same function with fewer nodes: identities, additions of one value and dropout of
// rate 0 are short-cut, a sum that only another sum reads is merged into it, zeros are
// carried forward (a sum drops them, a product, pool, activation with f(0) = 0 or
// convolution without bias of zeros is zero; so is a normalisation, see zeros.h), and what
// no output needs is removed. A zero that something else than a sum needs stays as a Zero
// that reads the first value of its shape, once for each shape; where no earlier value has
// its shape, the op that made it stays. Idempotent. Names of the nodes that stay are kept;
// outputs and inputs stay too. The network must be valid: see infer_shapes().
Network simplify(const Network& network);

}  // namespace parnas::spaces
