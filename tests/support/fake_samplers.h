// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "search/sampler.h"

namespace parnas::tests {

// Random points until `most` trials were asked for and told; then it has nothing to say.
class ExhaustedSampler final : public search::Sampler {
  public:
    explicit ExhaustedSampler(std::size_t most) : most_(most) {}

    std::vector<search::Proposal> ask(const search::AskContext& context,
                                      std::size_t count) override {
        const std::size_t known = told_ + context.pending.size();
        std::vector<search::Proposal> proposals;
        while (proposals.size() < count && known + proposals.size() < most_)
            proposals.push_back({.genotype = spaces::sample_feasible(context.space, context.rng),
                                 .attributes = {{"reason", "\"random\""}}});
        return proposals;
    }
    void tell(std::span<const search::Trial> trials) override { told_ += trials.size(); }

  private:
    std::size_t most_;
    std::size_t told_ = 0;
};

}  // namespace parnas::tests
