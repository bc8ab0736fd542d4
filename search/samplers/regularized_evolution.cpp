// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/regularized_evolution.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "search/json_text.h"
#include "search/samplers/ranking.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

class RegularizedEvolution final : public Sampler {
  public:
    RegularizedEvolution(const RegularizedEvolutionOptions& options, const SamplerSetup& setup)
        : options_(options), space_(setup.space), explored_(setup.space, options.repeats) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        const std::vector<Individual> parents(population_.begin(), population_.end());
        const std::vector<Fitness> ranking = fitness(parents);
        return explored_.collect(count, [&](std::size_t made) {
            const bool young = parents.size() + context.pending.size() + made < options_.population;
            std::optional<Proposal> proposal;
            if (!young && !parents.empty())
                proposal = child(parents, ranking, context);
            return proposal ? std::move(proposal) : explored_.newcomer(context.rng);
        });
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            explored_.tell(trial.genotype);
            if (!is_comparable(trial))
                continue;
            population_.push_back(to_individual(trial));
            if (population_.size() > options_.population)
                population_.pop_front();
        }
    }

  private:
    std::optional<Proposal> child(const std::vector<Individual>& parents,
                                  const std::vector<Fitness>& ranking,
                                  const AskContext& context) {
        for (int i = 0; i < kTries; ++i) {
            const Individual& parent = parents[tournament(ranking, context.rng)];
            Mutant mutant =
                mutate_one(space_.params(), parent.genotype, options_.pick, context.rng);
            if (mutant.changed.empty() || !space_.feasible(mutant.genotype) ||
                !explored_.is_new(mutant.genotype, context.known))
                continue;
            const std::string& changed = space_.params()[mutant.changed[0]].name;
            return Proposal{
                .genotype = std::move(mutant.genotype),
                .attributes = {
                    {"reason",
                     json_text(fmt::format("trial {} with another {}", parent.number, changed))},
                    {"parents", fmt::format("[{}]", parent.number)}}};
        }
        return std::nullopt;
    }

    std::size_t tournament(const std::vector<Fitness>& ranking, Rng& rng) const {
        std::size_t best = rng.below(ranking.size());
        for (std::size_t i = 1; i < options_.sample; ++i) {
            const std::size_t other = rng.below(ranking.size());
            if (ranking[other].rank < ranking[best].rank)
                best = other;
        }
        return best;
    }

    RegularizedEvolutionOptions options_;
    const spaces::SearchSpace& space_;
    Explored explored_;
    std::deque<Individual> population_;  // oldest first
};

}  // namespace

RegularizedEvolutionOptions read_regularized_evolution(ObjectReader& options) {
    RegularizedEvolutionOptions result;
    result.population =
        static_cast<std::size_t>(options.integer("population", 20, {.low = 2, .high = 100'000}));
    const auto population = static_cast<std::int64_t>(result.population);
    result.sample = static_cast<std::size_t>(options.integer(
        "sample", std::min<std::int64_t>(5, population), {.low = 1, .high = population}));
    result.pick = options.word("mutate", {"parameter", "block"}, "parameter") == 0 ? Pick::parameter
                                                                                   : Pick::block;
    result.repeats = read_repeats(options);
    return result;
}

std::unique_ptr<Sampler> make_regularized_evolution_sampler(
    const RegularizedEvolutionOptions& options,
    const SamplerSetup& setup) {
    return std::make_unique<RegularizedEvolution>(options, setup);
}

}  // namespace parnas::search
