// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/cost_fit.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr std::int64_t kLeastSamples = 32;
constexpr int kTriesPerSample = 4;  // some networks cannot run on the target

// What is known of a genotype, whether it meets the limits or not.
Metrics known_of(const AskContext& context, const Genotype& genotype) {
    return context.predict ? context.predict(genotype).metrics : context.known(genotype).counts;
}

std::int64_t default_samples(const OpenChoices& open) {
    std::int64_t coefficients = 1;
    for (const OpenChoice& choice : open.choices)
        coefficients += static_cast<std::int64_t>(choice.is_none.size());
    return std::max(kLeastSamples, coefficients * 3 / 2);
}

}  // namespace

CostGoal find_cost_goal(const AskContext& context,
                        const std::optional<CostGoal>& wanted,
                        const Limits& limits) {
    const Metrics known = known_of(context, spaces::sample_feasible(context.space, context.rng));
    if (wanted && known.contains(wanted->metric))
        return *wanted;
    if (wanted) {
        std::vector<std::string> names;
        for (const auto& [name, value] : known)
            names.push_back(name);
        throw Error(
            ErrorKind::invalid_input,
            fmt::format("'{}' is not known of a network before it is trained; there are: {}",
                        wanted->metric,
                        fmt::join(names, ", ")),
            "/strategy/target/metric");
    }
    for (const auto& [metric, limit] : limits)
        if (known.contains(metric))
            return {.metric = metric, .at = limit};
    return {.metric = known.contains("latency_ms") ? "latency_ms" : "multiply_adds"};
}

std::optional<AdditiveCost> fit_cost(const std::string& metric,
                                     const AskContext& context,
                                     const OpenChoices& open,
                                     const CostFitOptions& options) {
    const std::int64_t wanted = options.samples.value_or(default_samples(open));
    Rng rng = Rng(options.seed).fork("cost");
    std::vector<CostSample> samples;
    for (std::int64_t i = 0; i < kTriesPerSample * wanted && std::ssize(samples) < wanted; ++i) {
        Genotype genotype = spaces::sample_feasible(context.space, rng);
        const Metrics known = known_of(context, genotype);
        if (const auto found = known.find(metric); found != known.end())
            samples.push_back({.genotype = std::move(genotype), .value = found->second});
    }
    return samples.empty() ? std::nullopt : fit_additive_cost(metric, context.space, open, samples);
}

}  // namespace parnas::search
