// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "evaluators/torch/weight_source.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// Where a convolution's kernel of one size comes from: the centre of a larger one, each as
// a row vector times a matrix.
struct SharedKernel {
    spaces::Extent size{1, 1};
    std::size_t parent = 0;  // index of the larger one; the largest is at 0
    at::Tensor transform;    // {height width, height width}; undefined for the largest
};

struct SharedWeight {
    at::Tensor tensor;                  // at the largest size, with its gradient
    std::vector<SharedKernel> kernels;  // of a convolution
};

// Who keeps a network's statistics of batch norm: all networks together, or the network,
// which then starts without any (mean 0 and variance 1).
enum class Statistics { shared, own };

// One network's weights as parts of shared ones: the first entries on every axis; of a
// recurrent cell, of every gate. A part that is one piece of memory is a leaf of its own whose
// values and gradient lie in the shared one's, so that a pass need not make a slice.
class WeightView final : public WeightSource {
  public:
    using Parameters = std::map<std::string, SharedWeight, std::less<>>;
    using Tensors = std::map<std::string, at::Tensor, std::less<>>;

    // Keeps references to the maps while the network is made.
    WeightView(const Parameters& parameters, const Tensors& statistics, Statistics whose)
        : parameters_(parameters), statistics_(statistics), whose_(whose) {}

    // Throw Error(invalid_input) for a weight that is not among the shared ones.
    Weight parameter(const WeightSpec& spec) override;
    at::Tensor statistic(const WeightSpec& spec) override;

  private:
    const Parameters& parameters_;
    const Tensors& statistics_;
    Statistics whose_;
};

}  // namespace parnas::evaluators
