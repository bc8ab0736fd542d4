// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/random.h"

namespace parnas::search {
namespace {

class RandomSampler final : public Sampler {
  public:
    RandomSampler(const RandomOptions& options, const SamplerSetup& setup)
        : explored_(setup.space, options.repeats) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        return explored_.collect(count,
                                 [&](std::size_t) { return explored_.newcomer(context.rng); });
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials)
            explored_.tell(trial.genotype);
    }

  private:
    Explored explored_;
};

}  // namespace

RandomOptions read_random(ObjectReader& options) {
    return {.repeats = read_repeats(options)};
}

std::unique_ptr<Sampler> make_random_sampler(const RandomOptions& options,
                                             const SamplerSetup& setup) {
    return std::make_unique<RandomSampler>(options, setup);
}

}  // namespace parnas::search
