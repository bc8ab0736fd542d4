// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_set>

#include "search/multi_fidelity/promoter.h"
#include "spaces/param.h"

namespace parnas::search {
namespace {

// What a level has measured.
struct AshaRung {
    std::vector<Entrant> entrants;
    std::unordered_set<Digest> promoted;           // genotypes
    std::optional<std::vector<std::size_t>> best;  // the promotable ones, in order; if up to date
};

class AshaPromoter final : public Promoter {
  public:
    explicit AshaPromoter(const Levels& levels) : levels_(levels), rungs_(levels.top()) {}

    void tell(const Trial& trial) override {
        const auto level = levels_.of(trial.fidelity);
        if (!level)
            return;
        if (*level > 0)
            rungs_[*level - 1].promoted.insert(spaces::hash(trial.genotype));
        if (*level == levels_.top() || trial.objectives.empty())
            return;
        rungs_[*level].entrants.push_back(
            {.individual = to_individual(trial), .weights = trial.weights});
        rungs_[*level].best.reset();
    }

    Turn next(std::span<const Candidate> pending, bool) override {
        for (std::size_t level = levels_.top(); level-- > 0;)
            if (std::optional<Promotion> promotion = best_of(level, pending))
                return {.promotion = std::move(promotion)};
        return {};
    }

  private:
    std::optional<Promotion> best_of(std::size_t level, std::span<const Candidate> pending) {
        AshaRung& rung = rungs_[level];
        if (!rung.best) {
            rung.best = best_first(rung.entrants);
            rung.best->resize(rung.entrants.size() / static_cast<std::size_t>(levels_.eta()));
        }
        const auto goes_on = [&](const Genotype& genotype) {
            return std::ranges::any_of(pending, [&](const Candidate& candidate) {
                return levels_.of(candidate.fidelity) == level + 1 &&
                       candidate.genotype == genotype;
            });
        };
        for (std::size_t i = 0; i < rung.best->size(); ++i) {
            const Entrant& entrant = rung.entrants[(*rung.best)[i]];
            const Genotype& genotype = entrant.individual.genotype;
            if (!rung.promoted.contains(spaces::hash(genotype)) && !goes_on(genotype))
                return Promotion{
                    .from = entrant, .to = level + 1, .place = i + 1, .of = rung.entrants.size()};
        }
        return std::nullopt;
    }

    Levels levels_;
    std::vector<AshaRung> rungs_;  // one per level but the top
};

}  // namespace

std::unique_ptr<Promoter> make_asha_promoter(const Levels& levels) {
    return std::make_unique<AshaPromoter>(levels);
}

}  // namespace parnas::search
