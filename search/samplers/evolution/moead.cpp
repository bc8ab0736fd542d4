// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/moead.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "search/json_text.h"
#include "search/samplers/explored.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

constexpr double kNearby = 0.9;

class Moead final : public Sampler {
  public:
    Moead(const MoeadOptions& options, const SamplerSetup& setup)
        : population_(options.population),
          space_(setup.space),
          explored_(setup.space),
          directions_(directions_up_to(setup.objectives, options.population)),
          subproblems_(directions_, options.scalar, options.neighbours) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        return explored_.collect(count, [&](std::size_t made) {
            std::optional<Proposal> proposal;
            if (told_ > 0 && told_ + context.pending.size() + made >= population_)
                proposal = child(context);
            return proposal ? std::move(proposal) : explored_.newcomer(context.rng);
        });
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            explored_.tell(trial.genotype);
            if (!is_comparable(trial))
                continue;
            subproblems_.place(to_individual(trial));
            ++told_;
        }
    }

  private:
    std::optional<Proposal> child(const AskContext& context) {
        Rng& rng = context.rng;
        for (int i = 0; i < kTries; ++i) {
            const std::size_t subproblem = rng.below(subproblems_.size());
            const std::vector<const Individual*> family = mates(subproblem, rng);
            const Individual& mother = *family.front();
            const Individual& father = *rng.pick(family);
            Mutant mutant =
                mutate_each(space_.params(),
                            mother.number != father.number
                                ? cross(space_.params(), mother.genotype, father.genotype, rng)
                                : mother.genotype,
                            rng);
            if (space_.feasible(mutant.genotype) &&
                explored_.is_new(mutant.genotype, context.known))
                return describe(std::move(mutant), subproblem, mother, father);
        }
        return std::nullopt;
    }

    // The members of the neighbours, or of all, nearest first: at least one.
    std::vector<const Individual*> mates(std::size_t subproblem, Rng& rng) const {
        std::vector<const Individual*> found;
        const auto add = [&](std::size_t i) {
            if (const std::optional<Individual>& member = subproblems_.member(i))
                found.push_back(&*member);
        };
        const bool nearby = rng.chance(kNearby);
        for (const std::size_t i : subproblems_.neighbours(subproblem))
            add(i);
        if (!nearby || found.empty())
            for (std::size_t i = 0; i < subproblems_.size(); ++i)
                add(i);
        return found;
    }

    Proposal describe(Mutant mutant,
                      std::size_t subproblem,
                      const Individual& mother,
                      const Individual& father) const {
        const bool crossed = mother.number != father.number;
        const std::string reason =
            fmt::format("weights {:.2g}: {} with {} changed",
                        fmt::join(directions_[subproblem], ", "),
                        crossed ? fmt::format("trials {} and {}", mother.number, father.number)
                                : fmt::format("trial {}", mother.number),
                        mutant.changed.size());
        return {.genotype = std::move(mutant.genotype),
                .attributes = {{"reason", json_text(reason)},
                               {"parents",
                                crossed ? fmt::format("[{},{}]", mother.number, father.number)
                                        : fmt::format("[{}]", mother.number)}}};
    }

    std::size_t population_;
    const spaces::SearchSpace& space_;
    Explored explored_;
    Directions directions_;
    Subproblems subproblems_;
    std::size_t told_ = 0;  // comparable ones
};

}  // namespace

MoeadOptions read_moead(ObjectReader& options) {
    MoeadOptions result;
    const auto count = [&](std::string_view key, std::size_t otherwise, std::int64_t least) {
        return static_cast<std::size_t>(options.integer(
            key, static_cast<std::int64_t>(otherwise), {.low = least, .high = 100'000}));
    };
    result.population = count("population", result.population, 4);
    result.neighbours = count("neighbours", result.neighbours, 2);
    result.scalar = options.word("scalar", {"tchebycheff", "pbi"}, "tchebycheff") == 0
                        ? Scalarisation::tchebycheff
                        : Scalarisation::pbi;
    return result;
}

std::unique_ptr<Sampler> make_moead_sampler(const MoeadOptions& options,
                                            const SamplerSetup& setup) {
    return std::make_unique<Moead>(options, setup);
}

}  // namespace parnas::search
