// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "evaluators/torch/torch.h"
#include "evaluators/torch/weight_source.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// What the inputs of a supernet's mixes are multiplied by.
struct MixWeights {
    at::Tensor values;  // {entries}; undefined: all 1
    // The entries that are made use of, ascending; empty: all. The values of the others have
    // to be 0: what they stand for is not computed, and their gradient is that of a number
    // that is added to every element of the sum (Dong and Yang, "GDAS", CVPR 2019).
    std::vector<std::size_t> active;
};

inline constexpr double kNormEpsilon = 1e-5;  // of all normalisations

// How a forward pass is made.
struct Pass {
    // Dropout drops; batch norm uses the batch's statistics and updates the running ones.
    bool training = false;
    at::Generator generator;  // of dropout; undefined: nothing is dropped
    // Share of a batch in the running statistics; 0 leaves them alone.
    double statistics_rate = 0.1;
    // Of a supernet: one per Strength.
    std::span<const MixWeights> mixes;
    // In training, of inputs of mixes that are identities (Chen et al., "P-DARTS", ICCV 2019).
    double skip_dropout = 0.0;
    // Sees every node's output as it is made, with the node's index in the network; undefined
    // where a supernet's pass does not need it.
    std::function<void(std::size_t node, const at::Tensor& output)> observe = nullptr;
};

// An op with its weights. Inputs and output have a leading batch dimension.
using Layer = std::function<at::Tensor(std::span<const at::Tensor> inputs, const Pass& pass)>;

// Where in a network a layer is made.
struct Site {
    const std::string& node;
    std::span<const spaces::Shape> inputs;
    const spaces::Shape& output;
    WeightSource& weights;
    // Images have their channels last (at::MemoryFormat): what is fast then.
    bool channels_last = false;

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

// The tensor with each element zero at probability `rate` in training, the others scaled up.
at::Tensor dropped(const at::Tensor& x, double rate, const Pass& pass);

// Convolutions start from Kaiming's normal distribution by fan-out (He et al. 2015), linear
// layers and recurrent cells from PyTorch's uniform one. Throws Error(invalid_input), its
// place the node, for a mix, which is no layer.
Layer make_layer(const spaces::Op& op, const Site& site);

// The same for ops with more than one step.
Layer make_layer(const spaces::Embedding& op, const Site& site);
Layer make_layer(const spaces::Attention& op, const Site& site);
Layer make_layer(const spaces::Recurrent& op, const Site& site);
Layer make_layer(const spaces::MessagePassing& op, const Site& site);

// A layer that somebody else's library computes (operator_library.h). What it gives is checked: how
// many parameters it has, and in each pass the shape of its output.
Layer make_layer(const spaces::Custom& op, const Site& site);

}  // namespace parnas::evaluators
