// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluators/torch/network_module.h"
#include "evaluators/torch/supernet/weights/weight_view.h"
#include "evaluators/torch/weights.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// The weights of all networks of a space in one set: every weight, known by its name, at its
// largest size. A network's own are the first entries on every axis. A smaller kernel is
// the centre of the next larger one times a learned matrix that starts as the identity (Cai
// et al., "Once-for-All", ICLR 2020); the matrices are parameters, too: "<node>.weight_3x3".
// Belongs to one thread.
class SharedWeights {
  public:
    // `networks`: between them they have every weight at its largest size and every size of
    // kernel. Throws Error(invalid_input) where a weight cannot be shared.
    SharedWeights(std::span<const spaces::Network> networks,
                  std::uint64_t seed,
                  at::Device device = at::kCPU);
    SharedWeights(const SharedWeights&) = delete;
    SharedWeights& operator=(const SharedWeights&) = delete;

    // A network that runs on these weights: its parameters are parts of them, and backward()
    // adds to gradients(). It sees every later change, and may outlive this object. Throws
    // Error(invalid_input) for a weight that is not among them.
    TorchNetwork view(const spaces::Network& network, Statistics statistics = Statistics::shared);
    // A network with copies of its own, shared statistics included: same outputs.
    TorchNetwork extract(const spaces::Network& network);

    const Weights& weights() const { return weights_; }
    Weights& weights() { return weights_; }
    // Of all parameters, as one flat tensor like Weights::flat_parameters().
    const at::Tensor& gradients() const { return gradients_; }

    // Parameters and statistics, by name: what a checkpoint keeps.
    std::vector<NamedTensor> tensors() const;
    // Copies the values of all tensors() from `tensors`, which may hold others, too. Throws
    // Error(invalid_input) if one is missing or has another shape.
    void load(std::span<const NamedTensor> tensors);

  private:
    at::Device device_;
    Weights weights_;
    at::Tensor gradients_;
    WeightView::Parameters parameters_;
    WeightView::Tensors statistics_;
};

}  // namespace parnas::evaluators
