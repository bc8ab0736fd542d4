// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluators/torch/input_scaling.h"
#include "evaluators/torch/tensor_format.h"
#include "evaluators/torch/torch.h"
#include "evaluators/torch/weight_source.h"

namespace parnas::evaluators {

// Fresh weights: what a network learns (parameters) and what it keeps track of (statistics).
// Once packed, each group lies in one flat tensor, so that an optimiser's step, a copy and a
// norm are a few large ops instead of many small ones. All tensors are 32-bit floats.
class Weights final : public WeightSource {
  public:
    // Everything random is drawn from an own generator with this seed, the same values for
    // every device.
    explicit Weights(std::uint64_t seed, at::Device device = at::kCPU);

    // New tensors, to be called before pack().
    Weight parameter(const WeightSpec& spec) override;
    at::Tensor statistic(const WeightSpec& spec) override;
    // Moves all tensors into the flat ones; handles given out before stay valid.
    void pack();

    const std::vector<NamedTensor>& parameters() const { return parameters_; }
    const std::vector<NamedTensor>& statistics() const { return statistics_; }
    const at::Tensor& flat_parameters() const { return flat_parameters_; }
    const at::Tensor& flat_statistics() const { return flat_statistics_; }
    // Zeros to which backward() adds: each parameter's gradient is a part of it.
    at::Tensor make_flat_gradients();

  private:
    at::Generator generator_;
    at::Device device_;
    std::vector<NamedTensor> parameters_;
    std::vector<NamedTensor> statistics_;
    at::Tensor flat_parameters_;
    at::Tensor flat_statistics_;
};

// A weights artifact: see tensor_format.h. Magic "PARNASWT", version 1, then
//
//     u32       number of tensors: parameters, statistics, and if the data was scaled the
//               mean and the deviation, "input_mean" and "input_deviation", one per channel
std::string to_bytes(const Weights& weights, const std::optional<InputScaling>& scaling = {});

// Returns how the data was scaled that the weights were trained on, nothing if it was not.
// Throws Error(damaged) if `bytes` is no such artifact, Error(invalid_input) if it belongs
// to another network.
std::optional<InputScaling> load_bytes(std::string_view bytes, Weights& weights);

}  // namespace parnas::evaluators
