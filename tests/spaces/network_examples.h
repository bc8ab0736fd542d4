// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spaces/network.h"

namespace parnas::spaces {

// Builds networks for tests; names are "n0", "n1", ... in order.
class Sketch {
  public:
    explicit Sketch(Shape shape) : Sketch({Input{"x", DType::fp32, std::move(shape)}}) {}
    explicit Sketch(std::vector<Input> inputs) { network_.inputs = std::move(inputs); }

    ValueId add(Op op, std::vector<ValueId> inputs) {
        network_.nodes.push_back({.name = "n" + std::to_string(network_.nodes.size()),
                                  .op = std::move(op),
                                  .inputs = std::move(inputs)});
        return network_.id_of(network_.nodes.size() - 1);
    }
    // relu, conv, batch norm
    ValueId relu_conv_norm(ValueId input, const Conv& conv) {
        return add(Norm{}, {add(conv, {add(Activation{}, {input})})});
    }
    Network ending_in(std::vector<ValueId> outputs) const {
        Network network = network_;
        network.outputs = std::move(outputs);
        return network;
    }

  private:
    Network network_;
};

inline Conv conv3x3(std::int64_t out, std::int64_t stride = 1) {
    return {.out = out, .kernel = {3, 3}, .stride = {stride, stride}, .padding = {1, 1}};
}
inline Pool pool3x3() {
    return {.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}};
}

}  // namespace parnas::spaces
