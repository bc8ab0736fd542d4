// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

// A weight as a layer holds it: a tensor, or what computes one from shared weights, which a
// pass then does each time that it needs it.
class Weight {
  public:
    Weight() = default;  // none: gives an undefined tensor
    Weight(at::Tensor tensor) : tensor_(std::move(tensor)) {}
    explicit Weight(std::function<at::Tensor()> compute) : compute_(std::move(compute)) {}

    at::Tensor operator()() const { return compute_ ? compute_() : tensor_; }

  private:
    at::Tensor tensor_;
    std::function<at::Tensor()> compute_;
};

// How a weight's values begin.
enum class Start { constant, normal, uniform, identity };

struct WeightSpec {
    std::string name;  // "<node>.weight"
    std::vector<std::int64_t> shape;
    Start start = Start::constant;
    double scale = 0.0;  // the constant; the deviation; the bound: uniform in [-scale, scale)
    // Of a convolution's kernel, {out, in / groups, height, width}; 0: it is none.
    std::int64_t groups = 0;
    // The first axis is this many equal parts, one after the other: a recurrent cell's gates.
    std::int64_t parts = 1;
};

// Where layers get their weights from when they are made.
class WeightSource {
  public:
    virtual ~WeightSource() = default;
    virtual Weight parameter(const WeightSpec& spec) = 0;
    // A tensor that is not trained; it starts with a constant.
    virtual at::Tensor statistic(const WeightSpec& spec) = 0;
};

}  // namespace parnas::evaluators
