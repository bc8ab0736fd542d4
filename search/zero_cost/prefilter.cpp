// SPDX-License-Identifier: Apache-2.0
#include "search/zero_cost/prefilter.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "search/zero_cost/score_book.h"

namespace parnas::search {
namespace {

class Prefilter final : public Strategy {
  public:
    Prefilter(PrefilterOptions options,
              std::unique_ptr<Strategy> inner,
              const spaces::SearchSpace& space)
        : pool_(options.pool), book_(std::move(options.vote), space), inner_(std::move(inner)) {}

    Step next(const AskContext& context) override {
        std::variant<std::vector<Proposal>, Step> drawn = draw_pool(context);
        if (auto* step = std::get_if<Step>(&drawn))
            return std::move(*step);
        std::vector<Proposal>& pool = std::get<std::vector<Proposal>>(drawn);
        std::vector<Genotype> genotypes;
        for (const Proposal& proposal : pool)
            genotypes.push_back(proposal.genotype);
        if (std::optional<Phase> phase = book_.missing(genotypes))
            return *std::move(phase);
        const ScoreBook::Ranked best = book_.rank(genotypes, context.known).front();
        Proposal& chosen = pool[best.index];
        chosen.attributes["prefilter"] =
            dump_json({{"mean_rank", best.mean_rank}, {"of", pool.size()}});
        return std::move(chosen);
    }

    void tell(std::span<const Finished> finished) override {
        for (const Finished& each : finished)
            if (const auto* phase = std::get_if<FinishedPhase>(&each))
                book_.hear(*phase);
        inner_->tell(finished);
    }

    bool has_phases() const override { return true; }

  private:
    static bool is_plain(const Proposal& proposal) {
        return !proposal.warm_start && proposal.fidelity == 1.0;
    }

    // The step instead where the first is not a candidate to choose from.
    std::variant<std::vector<Proposal>, Step> draw_pool(const AskContext& context) {
        std::vector<Proposal> pool;
        std::vector<Candidate> pending(context.pending.begin(), context.pending.end());
        while (pool.size() < pool_) {
            const TrialNumber number = context.number + static_cast<TrialNumber>(pool.size());
            Rng rng = context.rng.fork(pool.size());
            Step step = inner_->next({.space = context.space,
                                      .number = number,
                                      .pending = pending,
                                      .rng = rng,
                                      .known = context.known});
            auto* proposal = std::get_if<Proposal>(&step);
            if (proposal == nullptr || !is_plain(*proposal)) {
                if (pool.empty())
                    return step;
                break;
            }
            pending.push_back({.number = number, .genotype = proposal->genotype});
            pool.push_back(std::move(*proposal));
        }
        return pool;
    }

    std::size_t pool_;
    ScoreBook book_;
    std::unique_ptr<Strategy> inner_;
};

}  // namespace

PrefilterOptions read_prefilter(ObjectReader& options, std::uint64_t seed) {
    PrefilterOptions read;
    read.pool = static_cast<std::size_t>(
        options.integer("pool", static_cast<std::int64_t>(read.pool), {2, 1000}));
    read.vote = read_vote(options, seed);
    options.finish();
    return read;
}

std::unique_ptr<Strategy> make_prefilter(PrefilterOptions options,
                                         std::unique_ptr<Strategy> inner,
                                         const SamplerSetup& setup) {
    return std::make_unique<Prefilter>(std::move(options), std::move(inner), setup.space);
}

}  // namespace parnas::search
