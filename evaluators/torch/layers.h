// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>

#include "evaluators/torch/torch.h"
#include "evaluators/torch/weight_source.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// How a forward pass is made.
struct Pass {
    // Dropout drops; batch norm uses the batch's statistics and updates the running ones.
    bool training = false;
    at::Generator generator;  // of dropout; undefined: nothing is dropped
    // Share of a batch in the running statistics; 0 leaves them alone.
    double statistics_rate = 0.1;
};

// An op with its weights. Inputs and output have a leading batch dimension.
using Layer = std::function<at::Tensor(std::span<const at::Tensor> inputs, const Pass& pass)>;

// Where in a network a layer is made.
struct Site {
    const std::string& node;
    std::span<const spaces::Shape> inputs;
    const spaces::Shape& output;
    WeightSource& weights;

    // A weight of the node.
    WeightSpec spec(std::string_view weight,
                    std::vector<std::int64_t> shape,
                    Start start,
                    double scale) const {
        return {.name = node + "." + std::string(weight),
                .shape = std::move(shape),
                .start = start,
                .scale = scale};
    }
    Weight parameter(std::string_view weight,
                     std::vector<std::int64_t> shape,
                     Start start,
                     double scale) const {
        return weights.parameter(spec(weight, std::move(shape), start, scale));
    }
};

// Convolutions start from Kaiming's normal distribution by fan-out (He et al. 2015), linear
// layers and recurrent cells from PyTorch's uniform one. Throws Error(invalid_input), its
// place the node, for an op that LibTorch cannot run: a custom one.
Layer make_layer(const spaces::Op& op, const Site& site);

// The same for ops with more than one step.
Layer make_layer(const spaces::Embedding& op, const Site& site);
Layer make_layer(const spaces::Attention& op, const Site& site);
Layer make_layer(const spaces::Recurrent& op, const Site& site);
Layer make_layer(const spaces::MessagePassing& op, const Site& site);

}  // namespace parnas::evaluators
