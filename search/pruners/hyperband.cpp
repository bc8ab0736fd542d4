// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/hyperband.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "search/pruners/curves.h"
#include "search/pruners/rungs.h"

namespace parnas::search {
namespace {

class Hyperband final : public Pruner {
  public:
    Hyperband(const HyperbandOptions& options, const Objective& objective)
        : options_(options), objective_(objective) {}

    std::optional<std::string> judge(const Curve& trial,
                                     std::span<const Curve> known) const override {
        const std::optional<std::int64_t> max_resource = whole_trial(known);
        if (!max_resource)
            return std::nullopt;
        const Brackets brackets(options_, *max_resource);
        const std::size_t bracket = brackets.of(trial.number);
        std::int64_t first = options_.min_resource;
        for (std::size_t i = 0; i < bracket; ++i)
            first = saturated_product(first, options_.reduction_factor);
        auto reason = judge_at_rungs(
            {.first = first,
             .factor = options_.reduction_factor,
             .bootstrap_count = options_.bootstrap_count},
            objective_,
            trial,
            known,
            [&](const Curve& other) { return brackets.of(other.number) == bracket; });
        if (reason)
            reason = fmt::format("bracket {}: {}", bracket, *reason);
        return reason;
    }

  private:
    std::optional<std::int64_t> whole_trial(std::span<const Curve> known) const {
        if (options_.max_resource)
            return options_.max_resource;
        const Curve* complete = first_complete(known);
        return complete ? std::optional(complete->points.back().step + 1) : std::nullopt;
    }

    HyperbandOptions options_;
    Objective objective_;
};

}  // namespace

Brackets::Brackets(const HyperbandOptions& options, std::int64_t max_resource) {
    std::vector<double> powers{1.0};  // eta^s
    for (std::int64_t ratio = max_resource / options.min_resource;
         ratio >= options.reduction_factor;
         ratio /= options.reduction_factor)
        powers.push_back(powers.back() * static_cast<double>(options.reduction_factor));
    const auto count = static_cast<double>(powers.size());
    double end = 0.0;
    for (std::size_t s = powers.size(); s-- > 0;)
        ends_.push_back(end += std::ceil(count * powers[s] / static_cast<double>(s + 1)));
}

std::size_t Brackets::of(TrialNumber number) const {
    const std::uint64_t multiple = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15U;
    const double fraction = std::ldexp(static_cast<double>(multiple >> 11U), -53);
    const auto bracket = std::ranges::upper_bound(ends_, fraction * ends_.back());
    return std::min(static_cast<std::size_t>(bracket - ends_.begin()), ends_.size() - 1);
}

HyperbandOptions read_hyperband(ObjectReader& options) {
    const HyperbandOptions standard;
    const HyperbandOptions read{
        .min_resource = options.integer("min_resource", standard.min_resource, {.low = 1}),
        .max_resource = read_steps_or_auto(options, "max_resource", standard.max_resource),
        .reduction_factor =
            options.integer("reduction_factor", standard.reduction_factor, {.low = 2}),
        .bootstrap_count =
            options.integer("bootstrap_count", standard.bootstrap_count, {.low = 0})};
    if (read.max_resource && *read.max_resource < read.min_resource)
        options.fault("max_resource",
                      fmt::format("expected at least 'min_resource', {}, got {}",
                                  read.min_resource,
                                  *read.max_resource));
    return read;
}

std::unique_ptr<Pruner> make_hyperband_pruner(const HyperbandOptions& options,
                                              const Objective& objective) {
    return std::make_unique<Hyperband>(options, objective);
}

}  // namespace parnas::search
