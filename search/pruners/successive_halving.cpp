// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/successive_halving.h"

#include <algorithm>

#include "search/pruners/curves.h"

namespace parnas::search {
namespace {

class SuccessiveHalving final : public Pruner {
  public:
    SuccessiveHalving(const SuccessiveHalvingOptions& options, const Objective& objective)
        : options_(options), objective_(objective) {}

    std::optional<std::string> judge(const Curve& trial,
                                     std::span<const Curve> known) const override {
        const std::optional<std::int64_t> first = first_rung(known);
        if (!first)
            return std::nullopt;
        return judge_at_rungs({.first = *first,
                               .factor = options_.reduction_factor,
                               .survivors = options_.survivors,
                               .bootstrap_count = options_.bootstrap_count},
                              objective_,
                              trial,
                              known,
                              [](const Curve&) { return true; });
    }

  private:
    std::optional<std::int64_t> first_rung(std::span<const Curve> known) const {
        std::optional<std::int64_t> step = options_.min_resource;
        if (!step) {
            const Curve* complete = first_complete(known);
            if (complete == nullptr)
                return std::nullopt;
            step = std::max<std::int64_t>(complete->points.back().step / 100, 1);
        }
        for (std::int64_t left_out = 0; left_out < options_.min_early_stopping_rate; ++left_out)
            step = saturated_product(*step, options_.reduction_factor);
        return step;
    }

    SuccessiveHalvingOptions options_;
    Objective objective_;
};

}  // namespace

SuccessiveHalvingOptions read_successive_halving(ObjectReader& options) {
    const SuccessiveHalvingOptions standard;
    return {
        .min_resource = read_steps_or_auto(options, "min_resource", standard.min_resource),
        .reduction_factor =
            options.integer("reduction_factor", standard.reduction_factor, {.low = 2}),
        .min_early_stopping_rate = options.integer(
            "min_early_stopping_rate", standard.min_early_stopping_rate, {.low = 0, .high = 62}),
        .bootstrap_count =
            options.integer("bootstrap_count", standard.bootstrap_count, {.low = 0})};
}

SuccessiveHalvingOptions read_asha(ObjectReader& options) {
    return {.min_resource = read_steps_or_auto(options, "min_resource", 1),
            .reduction_factor = options.integer("reduction_factor", 3, {.low = 2}),
            .survivors = Survivors::one_more_place};
}

std::unique_ptr<Pruner> make_successive_halving_pruner(const SuccessiveHalvingOptions& options,
                                                       const Objective& objective) {
    return std::make_unique<SuccessiveHalving>(options, objective);
}

}  // namespace parnas::search
