// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "spaces/network.h"

namespace parnas::evaluators {

// Bytes that a training step of a network, or of a supernet's, is about to take: its
// parameters, `copies` times (themselves, gradients, the optimiser's state, ...), and all
// activations of a batch, which autograd keeps.
double training_bytes(const spaces::Network& network, int copies, std::int64_t batch);

}  // namespace parnas::evaluators
