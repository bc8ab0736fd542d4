// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "search/strategy.h"

namespace parnas::search {
namespace {

class SamplerStrategy final : public Strategy {
  public:
    explicit SamplerStrategy(std::unique_ptr<Sampler> sampler) : sampler_(std::move(sampler)) {}

    Step next(const AskContext& context) override {
        std::vector<Proposal> proposals = sampler_->ask(context, 1);
        if (!proposals.empty())
            return std::move(proposals.front());
        if (!context.pending.empty())
            return Wait{};
        return Done{fmt::format("the space is exhausted after {} trials", context.number)};
    }

    void tell(std::span<const Finished> finished) override {
        std::vector<Trial> trials;
        for (const Finished& each : finished)
            if (const auto* trial = std::get_if<Trial>(&each))
                trials.push_back(*trial);
        sampler_->tell(trials);
    }

  private:
    std::unique_ptr<Sampler> sampler_;
};

}  // namespace

std::unique_ptr<Strategy> make_sampler_strategy(std::unique_ptr<Sampler> sampler) {
    return std::make_unique<SamplerStrategy>(std::move(sampler));
}

}  // namespace parnas::search
