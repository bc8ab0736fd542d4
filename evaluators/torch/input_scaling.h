// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace at {
class Tensor;
}

namespace parnas::evaluators {

// What was done to a user's values before a network saw them: (x - mean) / deviation, per
// channel (per feature of a vector). A constant channel's deviation is infinite, so it is 0.
struct InputScaling {
    std::vector<float> mean;
    std::vector<float> deviation;

    bool operator==(const InputScaling&) const = default;
};

// Names of the two in a weights artifact and in an exported module. No weight of a node is
// called so: theirs have a dot.
inline constexpr const char* kInputMean = "input_mean";
inline constexpr const char* kInputDeviation = "input_deviation";

// {channels, 1, ...}: fits a sample of so many dimensions, and a batch of them.
at::Tensor per_channel(const std::vector<float>& values, std::size_t sample_dimensions);

// `inputs`: a batch as it stands in the user's file.
at::Tensor scaled(const InputScaling& scaling, const at::Tensor& inputs);

}  // namespace parnas::evaluators
