// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "evaluators/torch/input_scaling.h"
#include "evaluators/torch/weights.h"
#include "spaces/network.h"

namespace torch::jit {
struct Module;
}

namespace parnas::evaluators {

// The network as a TorchScript module in evaluation mode, with copies of these weights, which
// are the network's own. With a scaling, the first input is scaled before anything else. Throws
// Error(invalid_input), its place the node, for a custom op that has no TorchScript; without a
// place if LibTorch does not take it.
torch::jit::Module make_script_module(const spaces::Network& network,
                                      const Weights& weights,
                                      const std::optional<InputScaling>& scaling = {});

}  // namespace parnas::evaluators
