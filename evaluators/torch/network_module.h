// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evaluators/torch/layers.h"
#include "evaluators/torch/supernet/fusion/fusion.h"
#include "evaluators/torch/supernet/mixture.h"
#include "evaluators/torch/value_flow.h"
#include "evaluators/torch/weights.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// A network, or a supernet's, that can be run and trained. Belongs to one thread. Precision and
// sparsity of nodes are costs for hardware models; here everything is computed in 32 bits, densely.
class TorchNetwork {
  public:
    // Draws the initial weights from `seed`. Throws Error(invalid_input) for a network that
    // is not valid or has a custom op that LibTorch cannot run.
    TorchNetwork(const spaces::Network& network, std::uint64_t seed, at::Device device = at::kCPU);
    // With weights that belong to somebody else: weights() is empty. On a CPU images have their
    // channels last, which is faster, and rounds in another way.
    TorchNetwork(const spaces::Network& network, WeightSource& weights);

    // `inputs`: one tensor per input of the network, with a leading batch dimension. Images
    // of another height or width than the network's are resized, bilinearly. Returns one
    // tensor per output. A value is freed after its last use, unless autograd keeps it. Of a
    // supernet, what only inactive entries of mixes need is not computed.
    std::vector<at::Tensor> forward(std::vector<at::Tensor> inputs, const Pass& pass);

    const Weights& weights() const { return weights_; }
    Weights& weights() { return weights_; }

  private:
    struct Step {
        Layer layer;  // of a mix: none
        std::optional<Mixture> mixture;
    };

    void build(const spaces::Network& network, WeightSource& weights);
    std::vector<bool> find_needed(const Pass& pass) const;
    // The input in the order of values that the network computes with.
    at::Tensor arranged(const at::Tensor& input) const;

    Weights weights_;
    std::vector<spaces::Shape> inputs_;
    std::vector<Step> steps_;  // one per node
    ValueFlow flow_;
    std::size_t strengths_ = 0;          // that mixes refer to
    std::optional<FusedNetwork> fused_;  // for the passes that it fits
    bool channels_last_ = false;
};

// A generator that is nobody else's.
at::Generator make_generator(std::uint64_t seed, at::Device device = at::kCPU);

// A random batch for a network: standard normal values, and integers that are valid
// wherever an embedding or message passing takes them. An unknown dimension has
// `symbol_size` entries.
struct InputSizes {
    std::int64_t batch = 1;
    std::int64_t symbol_size = 1;
};
std::vector<at::Tensor> random_inputs(const spaces::Network& network,
                                      const InputSizes& sizes,
                                      std::uint64_t seed);

}  // namespace parnas::evaluators
