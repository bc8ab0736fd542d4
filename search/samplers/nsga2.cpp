// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/nsga2.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "search/json_text.h"
#include "search/samplers/explored.h"
#include "search/samplers/ranking.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

struct Family {
    std::vector<Individual> members;
    std::vector<Fitness> ranking;  // one per member
};

class Nsga2 final : public Sampler {
  public:
    Nsga2(const Nsga2Options& options, const SamplerSetup& setup)
        : options_(options), space_(setup.space), explored_(setup.space) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        std::vector<Proposal> proposals;
        while (proposals.size() < count) {
            const std::size_t open = context.pending.size() + proposals.size();
            std::optional<Proposal> proposal;
            if (generation_ > 0)
                proposal = child(parents_, context);
            else if (newborn_.size() + open >= options_.population && !newborn_.empty())
                proposal = child({.members = newborn_, .ranking = fitness(newborn_)}, context);
            if (!proposal)
                proposal = newcomer(context.rng);
            if (!proposal)
                break;
            explored_.propose(proposal->genotype);
            proposals.push_back(*std::move(proposal));
        }
        return proposals;
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            explored_.tell(trial.genotype);
            if (!is_comparable(trial))
                continue;
            newborn_.push_back(to_individual(trial));
            if (newborn_.size() == options_.population)
                end_generation();
        }
    }

  private:
    void end_generation() {
        std::vector<Individual> all = std::move(parents_.members);
        std::ranges::move(newborn_, std::back_inserter(all));
        newborn_.clear();
        const std::vector<Fitness> ranking = fitness(all);
        std::vector<std::size_t> order(all.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(
            order, [&](std::size_t a, std::size_t b) { return ranking[a] < ranking[b]; });
        order.resize(std::min(order.size(), options_.population));
        parents_ = {};
        for (const std::size_t i : order) {
            parents_.members.push_back(std::move(all[i]));
            parents_.ranking.push_back(ranking[i]);
        }
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
        std::optional<Genotype> genotype = explored_.draw(rng);
        if (!genotype)
            return std::nullopt;
        return Proposal{.genotype = *std::move(genotype),
                        .attributes = {{"reason", "\"random\""},
                                       {"generation", fmt::format("{}", generation_)}}};
    }

    Nsga2Options options_;
    const spaces::SearchSpace& space_;
    Explored explored_;
    Family parents_;                   // empty in generation 0
    std::vector<Individual> newborn_;  // told since the last generation ended
    int generation_ = 0;
};

}  // namespace

Nsga2Options read_nsga2(ObjectReader& options) {
    return {.population = static_cast<std::size_t>(
                options.integer("population", 20, {.low = 4, .high = 100'000})),
            .crossover = options.real("crossover", 0.9, {.low = 0.0, .high = 1.0})};
}

std::unique_ptr<Sampler> make_nsga2_sampler(const Nsga2Options& options,
                                            const SamplerSetup& setup) {
    return std::make_unique<Nsga2>(options, setup);
}

}  // namespace parnas::search
