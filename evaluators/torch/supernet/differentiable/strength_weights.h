// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "evaluators/torch/layers.h"
#include "evaluators/torch/torch.h"
#include "search/weight_sharing/additive_cost.h"
#include "search/weight_sharing/architecture.h"

namespace parnas::evaluators {

// An architecture's parameters as one flat leaf with a gradient, and what they make of the weights
// of mixes. Belongs to one thread.
class StrengthWeights {
  public:
    struct Options {
        search::OptionWeights weights = search::OptionWeights::softmax;
        search::EdgeWeights edges = search::EdgeWeights::none;
        double temperature = 1.0;  // of gumbel
    };

    StrengthWeights(const search::Architecture& architecture,
                    const Options& options,
                    const at::TensorOptions& tensor = at::kFloat);

    const at::Tensor& alpha() const { return alpha_; }
    // The architecture with the values that alpha has now.
    search::Architecture architecture() const;

    // For one pass; gumbel and dirichlet draw from `generator`.
    std::vector<MixWeights> draw(const at::Generator& generator) const;
    // What draws are on average.
    std::vector<MixWeights> expected() const;

    // Mean over choices of logsumexp(alpha) (Ye et al., "beta-DARTS", 2022).
    at::Tensor beta_regulariser() const;
    // Mean over choices of KL(Dir(elu(alpha) + 1) || Dir(1)) (Chen et al., "DrNAS", 2021).
    at::Tensor divergence() const;
    // The logarithm of the cost that is expected of the weights, at least that of `least`.
    at::Tensor log_cost(const search::ExpectedCost& cost, double least) const;

  private:
    at::Tensor slice(std::size_t strength) const;
    bool is_choice(std::size_t strength) const;
    // A choice's expected weights; an edge's ones are a softmax.
    at::Tensor expected_of(std::size_t strength) const;
    std::vector<MixWeights> gumbel(const at::Generator& generator) const;

    search::Architecture architecture_;
    Options options_;
    at::Tensor alpha_;
    std::vector<std::int64_t> begins_;  // one per strength
};

// A sample of a Dirichlet distribution that is differentiable by its concentrations.
at::Tensor sample_dirichlet(const at::Tensor& concentrations, const at::Generator& generator);

// Weights that make a supernet one network: of each strength the entries that are chosen.
std::vector<MixWeights> one_hot(std::span<const std::vector<std::size_t>> chosen,
                                std::span<const std::size_t> entries,
                                const at::TensorOptions& tensor = at::kFloat);

}  // namespace parnas::evaluators
