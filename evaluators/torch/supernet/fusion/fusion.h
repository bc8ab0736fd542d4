// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "evaluators/torch/layers.h"
#include "evaluators/torch/supernet/fusion/fusion_plan.h"
#include "evaluators/torch/value_flow.h"
#include "evaluators/torch/weight_source.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// The weights that a network's layers took from their source, by name.
class RememberedWeights final : public WeightSource {
  public:
    explicit RememberedWeights(WeightSource& source) : source_(source) {}

    Weight parameter(const WeightSpec& spec) override;
    at::Tensor statistic(const WeightSpec& spec) override;

    // No weight, or an undefined tensor, if nobody took one.
    Weight parameter(const std::string& name) const;
    at::Tensor statistic(const std::string& name) const;

  private:
    WeightSource& source_;
    std::map<std::string, Weight, std::less<>> parameters_;
    std::map<std::string, at::Tensor, std::less<>> statistics_;
};

// Makes the passes of a plan, with the weights of the network that it was made for.
class FusedNetwork {
  public:
    // `layers`: one per node.
    FusedNetwork(const spaces::Network& network,
                 const FusionPlan& plan,
                 std::span<const Layer> layers,
                 const RememberedWeights& weights);

    // Whether this is a pass that it can make: a training pass on a CPU that nobody observes, with
    // all entries of all mixes active.
    static bool fits(std::span<const at::Tensor> inputs, const Pass& pass);
    // `inputs`: images with their channels last.
    std::vector<at::Tensor> forward(std::vector<at::Tensor> inputs, const Pass& pass) const;

  private:
    struct Step {
        Layer layer;
        std::size_t results = 1;  // parts that the layer's result is cut into
    };

    std::vector<Step> steps_;
    ValueFlow flow_;
};

}  // namespace parnas::evaluators
