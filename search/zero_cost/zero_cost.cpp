// SPDX-License-Identifier: Apache-2.0
#include "search/zero_cost/zero_cost.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "search/samplers/explored.h"
#include "search/strategy_factory.h"
#include "search/zero_cost/score_book.h"

namespace parnas::search {
namespace {

constexpr std::size_t kDrawsForEach = 20;  // before the space counts as exhausted

class ZeroCost final : public Strategy {
  public:
    ZeroCost(ZeroCostOptions options, std::unique_ptr<Strategy> then, const SamplerSetup& setup)
        : options_(std::move(options)),
          rng_(Rng(setup.seed).fork("zero-cost pool")),
          book_(options_.vote, setup.space),
          then_(std::move(then)) {}

    Step next(const AskContext& context) override {
        if (pool_.empty())
            draw_pool(context);
        if (order_.empty()) {
            if (std::optional<Phase> phase = book_.missing(pool_))
                return *std::move(phase);
            order_ = book_.rank(pool_, context.known);
            order_.resize(std::min(order_.size(), options_.keep));
        }
        for (std::size_t i = 0; i < order_.size(); ++i)
            if (const Genotype& genotype = pool_[order_[i].index]; !is_proposed(genotype, context))
                return propose(genotype, i);
        return then_->next(context);
    }

    void tell(std::span<const Finished> finished) override {
        for (const Finished& each : finished)
            if (const auto* phase = std::get_if<FinishedPhase>(&each))
                book_.hear(*phase);
            else
                told_.insert(spaces::hash(std::get<Trial>(each).genotype));
        then_->tell(finished);
    }

    bool has_phases() const override { return true; }

  private:
    // A function of the seed alone, whatever was told before.
    void draw_pool(const AskContext& context) {
        Explored explored(context.space);
        explored.begin_ask({});
        Rng rng = rng_;
        std::unordered_set<Digest> identities;
        const std::size_t draws = options_.pool * kDrawsForEach;
        for (std::size_t i = 0; i < draws && pool_.size() < options_.pool; ++i) {
            std::optional<Genotype> genotype = explored.draw(rng);
            if (!genotype)
                return;
            explored.propose(*genotype);
            if (identities.insert(context.known(*genotype).identity).second)
                pool_.push_back(*std::move(genotype));
        }
    }

    bool is_proposed(const Genotype& genotype, const AskContext& context) const {
        return told_.contains(spaces::hash(genotype)) ||
               std::ranges::find(context.pending, genotype, &Candidate::genotype) !=
                   context.pending.end();
    }

    Proposal propose(const Genotype& genotype, std::size_t place) const {
        return {
            .genotype = genotype,
            .attributes = {{"reason",
                            dump_json(fmt::format(
                                "number {} of {} by zero-cost proxies", place + 1, pool_.size()))},
                           {"mean_rank", dump_json(order_[place].mean_rank)}}};
    }

    ZeroCostOptions options_;
    Rng rng_;
    ScoreBook book_;
    std::unique_ptr<Strategy> then_;
    std::vector<Genotype> pool_;
    std::vector<ScoreBook::Ranked> order_;  // of the pool, those to propose; empty: not scored yet
    std::unordered_set<Digest> told_;       // genotypes of trials
};

}  // namespace

ZeroCostOptions read_zero_cost(ObjectReader& options, std::uint64_t seed) {
    ZeroCostOptions read;
    const auto number = [](std::size_t value) { return static_cast<std::int64_t>(value); };
    read.pool = static_cast<std::size_t>(options.integer("pool", number(read.pool), {2, 100'000}));
    read.keep = static_cast<std::size_t>(
        options.integer("keep", number(std::min(read.keep, read.pool)), {1, number(read.pool)}));
    read.vote = read_vote(options, seed);
    return read;
}

std::unique_ptr<Strategy> make_zero_cost(ZeroCostOptions options,
                                         std::unique_ptr<Strategy> then,
                                         const SamplerSetup& setup) {
    return std::make_unique<ZeroCost>(std::move(options), std::move(then), setup);
}

std::unique_ptr<Strategy> make_zero_cost(ObjectReader& options,
                                         const SamplerSetup& setup,
                                         const Registry<StrategyFactory>& strategies) {
    ZeroCostOptions read = read_zero_cost(options, setup.seed);
    std::unique_ptr<Strategy> then = make_inner_strategy(strategies, options, "then", setup);
    return then ? make_zero_cost(std::move(read), std::move(then), setup) : nullptr;
}

}  // namespace parnas::search
