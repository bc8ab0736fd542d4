// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/rng.h"

namespace parnas::spaces::onnx {

// What a weight is for; random ones start accordingly.
enum class WeightRole { kernel, bias, scale, mean, variance };

struct WeightRequest {
    std::string name;  // "<node>.weight"
    std::vector<std::int64_t> shape;
    WeightRole role = WeightRole::kernel;
};

// Where an export gets its weights from.
class WeightValues {
  public:
    virtual ~WeightValues() = default;
    // Row-major, as many values as the shape has. Throws Error(invalid_input) if there is no
    // such weight.
    virtual std::vector<float> values(const WeightRequest& request) = 0;
};

// Kernels are drawn from He's normal distribution by fan-in, so that values neither grow nor
// vanish in deep networks; biases and means are 0, scales and variances 1. A weight depends on
// the seed and its name alone.
class RandomWeights final : public WeightValues {
  public:
    explicit RandomWeights(std::uint64_t seed) : rng_(seed) {}

    std::vector<float> values(const WeightRequest& request) override;

  private:
    Rng rng_;
};

}  // namespace parnas::spaces::onnx
