// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "evaluators/torch/weights.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// Reorders channels so that the most important ones come first and a narrower network, which
// takes the first ones, keeps them: by the sum of the absolute weights that read a channel
// (Cai et al., "Once-for-all", ICLR 2020), or that write it where none does. `supernet` has
// all nodes at their largest, with the weights' names. Its function stays as it is, and so
// does that of every sub-network that has all channels.
void sort_widths(const spaces::Network& supernet, Weights& weights);

}  // namespace parnas::evaluators
