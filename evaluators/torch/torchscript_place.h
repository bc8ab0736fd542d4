// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evaluators/torch/torchscript_source.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// What the TorchScript text of one node is made of.
struct Place {
    const std::string& node;
    std::vector<std::string> inputs;        // the variables' names
    std::span<const spaces::Shape> shapes;  // of the inputs
    const spaces::Shape& output_shape;
    std::string output;  // the variable to set; also the prefix of helper variables
    const Attributes& attributes;

    // "self.stem_weight", or "None" if the node has no such weight.
    std::string weight(std::string_view name) const {
        const auto found = attributes.find(node + "." + std::string(name));
        return found == attributes.end() ? "None" : "self." + found->second;
    }
    const std::string& in() const { return inputs[0]; }
};

// The statements of an attention, computing what its layer does.
std::vector<std::string> statements(const spaces::Attention& op, const Place& at);

}  // namespace parnas::evaluators
