// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "evaluators/torch/input_scaling.h"
#include "evaluators/torch/network_module.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// What an exporter writes.
struct TrainedNetwork {
    const spaces::Network& network;
    TorchNetwork& torch;
    const std::optional<InputScaling>& scaling;
};

// How far an exported network's outputs may be from the original's: of 1 + the largest |output|.
inline constexpr double kExportTolerance = 1e-4;

// A random batch, as it could stand in the user's file, and the right answers. Unknown dimensions
// have 5 entries.
struct Example {
    std::vector<at::Tensor> inputs;
    std::vector<at::Tensor> outputs;
};
Example make_example(const TrainedNetwork& model, std::int64_t batch);

// Throws Error(invalid_input) unless there is a mean and a deviation for each channel of the first
// input.
void check_scaling(const InputScaling& scaling, const spaces::Network& network);

}  // namespace parnas::evaluators
