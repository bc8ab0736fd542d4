// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spaces/network.h"

namespace parnas::tests {

// A network that is written down line by line.
class NetworkDraft {
  public:
    spaces::ValueId input(std::string name,
                          spaces::Shape shape,
                          spaces::DType dtype = spaces::DType::fp32) {
        network_.inputs.push_back({std::move(name), dtype, std::move(shape)});
        return static_cast<spaces::ValueId>(network_.inputs.size()) - 1;
    }
    // All inputs come before the first node.
    spaces::ValueId add(std::string name, spaces::Op op, std::vector<spaces::ValueId> inputs) {
        network_.nodes.push_back(
            {.name = std::move(name), .op = std::move(op), .inputs = std::move(inputs)});
        return network_.id_of(network_.nodes.size() - 1);
    }
    spaces::Network finish(std::vector<spaces::ValueId> outputs) && {
        network_.outputs = std::move(outputs);
        return std::move(network_);
    }

  private:
    spaces::Network network_;
};

// One op on inputs of the given shapes; integer inputs have `dtypes`.
inline spaces::Network network_of(spaces::Op op,
                                  const std::vector<spaces::Shape>& shapes,
                                  const std::vector<spaces::DType>& dtypes = {}) {
    NetworkDraft draft;
    std::vector<spaces::ValueId> inputs;
    for (std::size_t i = 0; i < shapes.size(); ++i)
        inputs.push_back(draft.input("in" + std::to_string(i),
                                     shapes[i],
                                     i < dtypes.size() ? dtypes[i] : spaces::DType::fp32));
    const spaces::ValueId node = draft.add("node", std::move(op), inputs);
    return std::move(draft).finish({node});
}

// {features} -> linear, softplus, linear -> {classes}
inline spaces::Network small_mlp(std::int64_t features, std::int64_t hidden, std::int64_t classes) {
    NetworkDraft draft;
    spaces::ValueId value = draft.input("input", {features});
    value = draft.add("hidden", spaces::Linear{.out = hidden}, {value});
    value = draft.add("act", spaces::Activation{spaces::ActivationKind::softplus}, {value});
    value = draft.add("head", spaces::Linear{.out = classes}, {value});
    return std::move(draft).finish({value});
}

struct ConvnetSize {
    spaces::Shape input{1, 8, 8};
    std::int64_t channels = 8;
    std::int64_t depth = 2;  // residual blocks
    std::int64_t classes = 10;
};

// A stem, residual blocks of convolution, batch norm and relu, global pooling, a head.
inline spaces::Network small_convnet(const ConvnetSize& size) {
    using namespace spaces;
    const Conv conv{.out = size.channels, .kernel = {3, 3}, .padding = {1, 1}};
    NetworkDraft draft;
    ValueId value = draft.add("stem", conv, {draft.input("image", size.input)});
    for (std::int64_t i = 0; i < size.depth; ++i) {
        const std::string block = "block" + std::to_string(i);
        ValueId inner = draft.add(block + ".conv", conv, {value});
        inner = draft.add(block + ".norm", Norm{}, {inner});
        inner = draft.add(block + ".act", Activation{}, {inner});
        value = draft.add(block + ".add", Add{}, {value, inner});
    }
    value = draft.add("pool", GlobalPool{}, {value});
    value = draft.add("head", Linear{.out = size.classes}, {value});
    return std::move(draft).finish({value});
}

}  // namespace parnas::tests
