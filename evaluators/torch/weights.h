// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluators/torch/input_scaling.h"
#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

struct NamedTensor {
    std::string name;  // "<node>.weight"
    at::Tensor tensor;
};

// What a network learns (parameters) and what it keeps track of (statistics). Once packed,
// each group lies in one flat tensor, so that an optimiser's step, a copy and a norm are a
// few large ops instead of many small ones. All tensors are 32-bit floats.
class Weights {
  public:
    // Everything random is drawn from an own generator with this seed.
    explicit Weights(std::uint64_t seed);

    // New parameters, to be called before pack().
    at::Tensor normal(std::string name, at::IntArrayRef shape, double stddev);
    at::Tensor uniform(std::string name,
                       at::IntArrayRef shape,
                       double bound);  // in [-bound, bound)
    at::Tensor constant(std::string name, at::IntArrayRef shape, double value);
    // A new tensor that is not trained.
    at::Tensor statistic(std::string name, at::IntArrayRef shape, double value);
    // Moves all tensors into the flat ones; handles given out before stay valid.
    void pack();

    const std::vector<NamedTensor>& parameters() const { return parameters_; }
    const std::vector<NamedTensor>& statistics() const { return statistics_; }
    const at::Tensor& flat_parameters() const { return flat_parameters_; }
    const at::Tensor& flat_statistics() const { return flat_statistics_; }
    // Zeros to which backward() adds: each parameter's gradient is a part of it.
    at::Tensor make_flat_gradients();

  private:
    at::Tensor add_parameter(std::string name, at::IntArrayRef shape);

    at::Generator generator_;
    std::vector<NamedTensor> parameters_;
    std::vector<NamedTensor> statistics_;
    at::Tensor flat_parameters_;
    at::Tensor flat_statistics_;
};

// A weights artifact. Little-endian:
//
//     8 bytes   "PARNASWT"
//     u32       version, 1
//     u32       number of tensors: parameters, statistics, and if the data was scaled the
//               mean and the deviation, "input_mean" and "input_deviation", one per channel
//     per tensor:
//         u32, bytes   name
//         u8           type: 0 is a 32-bit float
//         u8, i64...   number of dimensions, dimensions
//         bytes        values, row-major
//     16 bytes  digest of everything before (high, low word)
std::string to_bytes(const Weights& weights, const std::optional<InputScaling>& scaling = {});

// Returns how the data was scaled that the weights were trained on, nothing if it was not.
// Throws Error(damaged) if `bytes` is no such artifact, Error(invalid_input) if it belongs
// to another network.
std::optional<InputScaling> load_bytes(std::string_view bytes, Weights& weights);

}  // namespace parnas::evaluators
