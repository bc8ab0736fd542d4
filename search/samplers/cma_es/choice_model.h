// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "core/rng.h"

namespace parnas::search {

// How likely each choice of each unordered categorical is, learned by natural gradients (CatCMA,
// Hamano et al., GECCO 2024). A step is 1 / caution long where gradients are noise; caution grows
// while they are and falls while they agree with each other (ASNG, Akimoto et al., ICML 2019,
// which gives all steps this length and so drifts to an edge without any signal). No choice
// becomes less likely than a margin.
class ChoiceModel {
  public:
    using Choices = std::vector<std::ptrdiff_t>;  // one index for each categorical
    static constexpr std::ptrdiff_t kUnknown = -1;

    // Every choice equally likely. `choices`: how many each categorical has, at least two.
    explicit ChoiceModel(const std::vector<std::size_t>& choices);
    // As often as in the examples, smoothed: a tenth of the probability is even.
    ChoiceModel(const std::vector<std::size_t>& choices, std::span<const Choices> examples);

    std::size_t size() const { return probabilities_.size(); }
    const Eigen::VectorXd& probabilities(std::size_t categorical) const {
        return probabilities_[categorical];
    }
    // Whether all of them have settled on one choice, as far as margins allow.
    bool settled() const;

    Choices draw(Rng& rng) const;

    // `parents` best first, with positive weights of sum 1. Unknown choices say nothing.
    void update(std::span<const Choices> parents, const Eigen::VectorXd& weights);

  private:
    Eigen::VectorXd natural_gradient(std::size_t categorical,
                                     std::span<const Choices> parents,
                                     const Eigen::VectorXd& weights) const;
    double margin(std::size_t categorical) const;  // the least probability of a choice
    void keep_margins();

    std::vector<Eigen::VectorXd> probabilities_;
    std::vector<Eigen::VectorXd> path_;  // of gradients, in the Fisher metric
    double path_weight_ = 0.0;           // its squared length, expected if all were noise
    double caution_ = 1.0;
};

}  // namespace parnas::search
