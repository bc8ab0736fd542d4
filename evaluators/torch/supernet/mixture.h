// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "evaluators/torch/layers.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// The weights of one strength, ready for all mixes that have it in a pass.
struct PreparedWeights {
    explicit PreparedWeights(const MixWeights& weights);

    std::vector<at::Tensor> entries;  // scalars; none: a plain sum
    // The sum of the entries that are not active: zero, with their gradients. Undefined where
    // nobody asks for those.
    at::Tensor inactive;
};

// A node that is the weighted sum of its inputs, of which a pass may leave out some.
class Mixture {
  public:
    // `node` has op Mix.
    Mixture(const spaces::Network& network, const spaces::Node& node);

    std::size_t strength() const { return strength_; }
    // The inputs that the sum is made of, at least one: neither inactive nor zeros.
    std::vector<std::size_t> needed_inputs(const MixWeights& weights) const;
    // `inputs`: those that are not needed may be undefined.
    at::Tensor sum(std::span<const at::Tensor> inputs,
                   const Pass& pass,
                   const PreparedWeights& prepared) const;

  private:
    enum class Term { op, identity, zero };

    std::size_t strength_ = 0;
    std::vector<Term> terms_;
};

}  // namespace parnas::evaluators
