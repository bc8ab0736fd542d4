// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "spaces/network.h"

namespace parnas::evaluators {

// How to make a training pass through a mixed supernet of images with less work than node by
// node. What it computes is the same but for rounding:
//
// - ops without weights that several edges have on the same input are made once (a ReLU, a
//   pool and its batch norm);
// - convolutions of one shape on the same input are one convolution;
// - mixes of mixes are one sum, which normalises its terms itself, and leaves out zeros;
// - a batch norm and the ReLU after it are one such sum.
struct FusionPlan {
    // Values are counted: first the network's inputs, then the results of steps.
    struct Node {  // one node as it is
        std::size_t node = 0;
    };
    struct Stack {  // convolutions on one input; one result each
        std::vector<std::size_t> nodes;
    };
    struct Moments {  // what batch norms divide by, and their running statistics
        std::vector<std::size_t> norms;
    };
    struct Factor {  // an entry of a strength
        std::size_t strength = 0;
        std::size_t entry = 0;
    };
    struct Scales {  // per term of a sum the product of its factors
        std::vector<std::vector<Factor>> terms;
    };
    struct Term {
        std::size_t value = 0;
        std::optional<std::size_t> moments;  // value: it is normalised
        bool skip = false;                   // an identity in a mix
        // Its values are of no use to anybody else in the backward pass.
        bool overwrite = false;
    };
    struct Sum {
        std::vector<Term> terms;
        std::optional<std::size_t> scales;  // value
        std::optional<std::size_t> norm;    // else: the node whose weights scale the only term
        bool relu = false;
    };
    using Work = std::variant<Node, Stack, Moments, Scales, Sum>;

    struct Step {
        Work work;
        std::vector<std::size_t> inputs;  // values, in the order of the terms where there are
        std::size_t results = 1;
    };

    std::vector<Step> steps;
    std::vector<std::size_t> outputs;
};

// Nothing unless the network has mixes, and those and their inputs are images.
std::optional<FusionPlan> plan_fusion(const spaces::Network& network);

}  // namespace parnas::evaluators
