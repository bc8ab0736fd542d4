// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/generations.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "search/json_text.h"
#include "search/samplers/explored.h"
#include "search/samplers/ranking.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

class Generations final : public Sampler {
  public:
    Generations(const GenerationOptions& options, const SamplerSetup& setup, Survival survive)
        : options_(options),
          space_(setup.space),
          seed_(setup.seed),
          survive_(std::move(survive)),
          explored_(setup.space) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        return explored_.collect(count, [&](std::size_t made) {
            const std::size_t open = context.pending.size() + made;
            std::optional<Proposal> proposal;
            if (generation_ > 0)
                proposal = child(parents_, context);
            else if (newborn_.size() + open >= options_.population && !newborn_.empty())
                proposal = child({.members = newborn_, .ranking = fitness(newborn_)}, context);
            return proposal ? std::move(proposal) : newcomer(context.rng);
        });
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            explored_.tell(trial.genotype);
            if (!is_comparable(trial))
                continue;
            newborn_.push_back(to_individual(trial));
            if (newborn_.size() == generation_size())
                end_generation();
        }
    }

  private:
    std::size_t generation_size() const {
        return generation_ == 0 ? options_.population
                                : options_.offspring.value_or(options_.population);
    }

    void end_generation() {
        std::vector<Individual> all = std::move(parents_.members);
        std::ranges::move(newborn_, std::back_inserter(all));
        newborn_.clear();
        Rng rng = Rng(seed_).fork("survival").fork(static_cast<std::uint64_t>(generation_));
        parents_ = survive_(std::move(all), options_.population, rng);
        ++generation_;
    }

    std::optional<Proposal> child(const Family& family, const AskContext& context) {
        Rng& rng = context.rng;
        for (int i = 0; i < kTries; ++i) {
            const Individual& mother = family.members[tournament(family, rng)];
            const Individual& father = family.members[tournament(family, rng)];
            const bool crossed = rng.chance(options_.crossover) && mother.number != father.number;
            Mutant mutant =
                mutate_each(space_.params(),
                            crossed ? cross(space_.params(), mother.genotype, father.genotype, rng)
                                    : mother.genotype,
                            rng);
            if (!space_.feasible(mutant.genotype) ||
                !explored_.is_new(mutant.genotype, context.known))
                continue;
            return describe(std::move(mutant), mother, crossed ? &father : nullptr);
        }
        return std::nullopt;
    }

    Proposal describe(Mutant mutant, const Individual& mother, const Individual* father) const {
        const std::string reason =
            father == nullptr
                ? fmt::format("trial {} with {} changed", mother.number, mutant.changed.size())
                : fmt::format("trials {} and {} with {} changed",
                              mother.number,
                              father->number,
                              mutant.changed.size());
        const std::string parents = father == nullptr
                                        ? fmt::format("[{}]", mother.number)
                                        : fmt::format("[{},{}]", mother.number, father->number);
        return {.genotype = std::move(mutant.genotype),
                .attributes = {{"reason", json_text(reason)},
                               {"parents", parents},
                               {"generation", fmt::format("{}", generation_)}}};
    }

    static std::size_t tournament(const Family& family, Rng& rng) {
        const std::size_t a = rng.below(family.members.size());
        const std::size_t b = rng.below(family.members.size());
        return family.ranking[b] < family.ranking[a] ? b : a;
    }

    std::optional<Proposal> newcomer(Rng& rng) {
        std::optional<Proposal> proposal = explored_.newcomer(rng);
        if (proposal)
            proposal->attributes["generation"] = fmt::format("{}", generation_);
        return proposal;
    }

    GenerationOptions options_;
    const spaces::SearchSpace& space_;
    std::uint64_t seed_;
    Survival survive_;
    Explored explored_;
    Family parents_;                   // empty in generation 0
    std::vector<Individual> newborn_;  // told since the last generation ended
    int generation_ = 0;
};

}  // namespace

GenerationOptions read_generations(ObjectReader& options, std::size_t parts) {
    constexpr std::int64_t kMost = 100'000;
    const std::int64_t population = options.integer("population", 20, {.low = 4, .high = kMost});
    const std::int64_t part =
        std::max<std::int64_t>(1, population / static_cast<std::int64_t>(parts));
    return {.population = static_cast<std::size_t>(population),
            .offspring = static_cast<std::size_t>(
                options.integer("offspring", part, {.low = 1, .high = kMost})),
            .crossover = options.real("crossover", 0.9, {.low = 0.0, .high = 1.0})};
}

std::unique_ptr<Sampler> make_generation_sampler(const GenerationOptions& options,
                                                 const SamplerSetup& setup,
                                                 Survival survive) {
    return std::make_unique<Generations>(options, setup, std::move(survive));
}

}  // namespace parnas::search
