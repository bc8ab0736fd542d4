// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "evaluators/torch/network_module.h"

namespace parnas::evaluators {

// Gives a network's batch norms the statistics that its own weights lead to: the means over
// `batches` batches, each in training mode but without dropout, of the batches' means and
// (unbiased) variances. Inherited weights are worth little without (Guo et al., "Single
// Path One-Shot", ECCV 2020). `use` gets the last output of each batch. False if it was
// stopped.
bool recalibrate(TorchNetwork& network,
                 std::int64_t batches,
                 const std::function<at::Tensor(std::int64_t)>& inputs,
                 const std::stop_token& stop,
                 const std::function<void(std::int64_t, const at::Tensor&)>& use = {});

}  // namespace parnas::evaluators
