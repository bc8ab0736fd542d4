// SPDX-License-Identifier: Apache-2.0
#include "search/multi_fidelity/multi_fidelity.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/json_text.h"
#include "search/multi_fidelity/learner.h"
#include "search/multi_fidelity/mixture.h"
#include "search/multi_fidelity/promoter.h"
#include "search/samplers/random.h"
#include "search/strategy_factory.h"

namespace parnas::search {
namespace {

class MultiFidelity final : public Strategy {
  public:
    MultiFidelity(const Levels& levels, std::unique_ptr<Promoter> promoter, Learner learner)
        : levels_(levels), promoter_(std::move(promoter)), learner_(std::move(learner)) {}

    Step next(const AskContext& context) override {
        Promoter::Turn turn = promoter_->next(context.pending, false);
        if (turn.promotion)
            return propose(*std::move(turn.promotion));
        Step step = learner_.next(context);
        if (auto* proposal = std::get_if<Proposal>(&step))
            proposal->fidelity = levels_.fidelity(turn.entry);
        if (!std::holds_alternative<Done>(step))
            return step;
        turn = promoter_->next(context.pending, true);
        if (turn.promotion)
            return propose(*std::move(turn.promotion));
        return context.pending.empty() ? step : Wait{};
    }

    void tell(std::span<const Finished> finished) override {
        for (const Finished& each : finished) {
            // What was known before the study is at no rung.
            if (const auto* trial = std::get_if<Trial>(&each);
                trial != nullptr && trial->number >= 0)
                promoter_->tell(*trial);
            learner_.tell(each);
        }
    }

    bool has_phases() const override { return learner_.has_phases(); }

  private:
    Proposal propose(Promotion promotion) const {
        Individual& from = promotion.from.individual;
        const std::string reason = fmt::format("trial {} goes on: {} of {} at fidelity {:.4g}",
                                               from.number,
                                               promotion.place,
                                               promotion.of,
                                               levels_.fidelity(promotion.to - 1));
        return {.genotype = std::move(from.genotype),
                .fidelity = levels_.fidelity(promotion.to),
                .warm_start = promotion.from.weights,
                .attributes = {{"reason", json_text(reason)},
                               {"parents", fmt::format("[{}]", from.number)}}};
    }

    Levels levels_;
    std::unique_ptr<Promoter> promoter_;
    Learner learner_;
};

// A share as a number or as "1/27".
double read_share(ObjectReader& options, std::string_view key, double otherwise) {
    const Json* json = options.find(key);
    if (json == nullptr || !json->is_string())
        return options.real(key, otherwise, {.low = 1e-6, .high = 1.0});
    const auto& text = json->get_ref<const std::string&>();
    std::int64_t parts = 0;
    const char* const end = text.data() + text.size();
    if (text.starts_with("1/") && text.size() > 2) {
        const auto [stop, error] = std::from_chars(text.data() + 2, end, parts);
        if (error == std::errc() && stop == end && parts >= 1 && parts <= 1'000'000)
            return 1.0 / static_cast<double>(parts);
    }
    options.fault(
        key, fmt::format("expected a share above 0, up to 1, like 0.04 or 1/27, got '{}'", text));
    return otherwise;
}

using MakePromoter = std::unique_ptr<Promoter> (*)(const Levels& levels);

struct Usual {
    Json inner = {{"type", "random"}};
    double random_fraction = 0.0;
    std::size_t enough = 10;
};

// One more than a density over all parameters needs, and one to be outside of it.
std::size_t enough_for_densities(const SamplerSetup& setup) {
    return setup.space.params().size() + 3;
}

// Makes the strategy `inner`, whose options have been checked, as often as it is asked.
Learner::Make inner_maker(Json inner,
                          double random_fraction,
                          const SamplerSetup& setup,
                          const Registry<StrategyFactory>& strategies) {
    return [options = Json{{"inner", std::move(inner)}}, random_fraction, setup, strategies] {
        Faults faults;
        ObjectReader reader(options, "", faults);
        auto strategy = make_inner_strategy(strategies, reader, "inner", {}, setup);
        if (random_fraction == 0.0)
            return strategy;
        return make_mixture(std::move(strategy),
                            make_sampler_strategy(make_random_sampler({}, setup)),
                            random_fraction);
    };
}

std::unique_ptr<Strategy> make_multi_fidelity(ObjectReader& options,
                                              const SamplerSetup& setup,
                                              const Registry<StrategyFactory>& strategies,
                                              const Usual& usual,
                                              MakePromoter make_promoter) {
    const std::int64_t eta = options.integer("eta", 3, {.low = 2, .high = 1000});
    const Levels levels(eta, read_share(options, "min_fidelity", 1.0 / 9.0));
    const double random_fraction =
        options.real("random_fraction", usual.random_fraction, {.low = 0.0, .high = 1.0});
    const auto enough = static_cast<std::size_t>(options.integer(
        "enough", static_cast<std::int64_t>(usual.enough), {.low = 1, .high = 100'000}));
    const Json* given = options.find("inner");
    if (!make_inner_strategy(strategies, options, "inner", usual.inner, setup))
        return nullptr;
    return std::make_unique<MultiFidelity>(
        levels,
        make_promoter(levels),
        Learner(inner_maker(given ? *given : usual.inner, random_fraction, setup, strategies),
                levels,
                enough));
}

}  // namespace

std::unique_ptr<Strategy> make_asha(ObjectReader& options,
                                    const SamplerSetup& setup,
                                    const Registry<StrategyFactory>& inner) {
    const Usual usual{.enough = std::max<std::size_t>(10, enough_for_densities(setup))};
    return make_multi_fidelity(options, setup, inner, usual, make_asha_promoter);
}

std::unique_ptr<Strategy> make_hyperband(ObjectReader& options,
                                         const SamplerSetup& setup,
                                         const Registry<StrategyFactory>& inner) {
    const Usual usual{.enough = std::max<std::size_t>(10, enough_for_densities(setup))};
    return make_multi_fidelity(options, setup, inner, usual, make_hyperband_promoter);
}

std::unique_ptr<Strategy> make_bohb(ObjectReader& options,
                                    const SamplerSetup& setup,
                                    const Registry<StrategyFactory>& inner) {
    const std::size_t enough = enough_for_densities(setup);
    const Usual usual{
        .inner = {{"type", "tpe"}, {"multivariate", true}, {"gamma", 0.15}, {"startup", enough}},
        .random_fraction = 1.0 / 3.0,
        .enough = enough};
    return make_multi_fidelity(options, setup, inner, usual, make_hyperband_promoter);
}

}  // namespace parnas::search
