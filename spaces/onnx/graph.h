// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spaces/onnx/model.h"
#include "spaces/onnx/weights.h"

namespace parnas::spaces::onnx {

// A model in the making. Every name is given out once: inputs, values and constants share theirs.
class Graph {
  public:
    Graph(Model& model, WeightValues& weights) : model_(model), weights_(weights) {}

    int opset() const { return model_.opset; }
    WeightValues& weights() { return weights_; }
    // `wanted`, or with a number after it if that is taken.
    std::string unique_name(const std::string& wanted);

    // All that follows belongs to this node, whose name stands before the others'.
    void begin(const std::string& node) {
        node_ = node;
        first_ = model_.operators.size();
    }
    // Adds an operator and returns its output.
    std::string add(std::string type, std::vector<std::string> inputs, Attributes attributes = {});
    // A list of integers.
    std::string integers(std::vector<std::int64_t> values);
    std::string integer(std::int64_t value);  // scalars
    std::string number(float value);
    std::string tensor(std::string_view name,
                       std::vector<std::int64_t> shape,
                       std::vector<float> values);
    // A weight of the node, as it is stored, and as a constant.
    std::vector<float> weight_values(std::string_view name,
                                     const std::vector<std::int64_t>& shape,
                                     WeightRole role);
    std::string weight(std::string_view name,
                       const std::vector<std::int64_t>& shape,
                       WeightRole role);
    // Names the value after the node, if one of the node's operators made it. Returns its name.
    std::string finish(const std::string& value);

  private:
    Model& model_;
    WeightValues& weights_;
    std::string node_;
    std::size_t first_ = 0;  // of the node's operators
    std::set<std::string, std::less<>> taken_;
};

}  // namespace parnas::spaces::onnx
