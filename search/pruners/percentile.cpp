// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/percentile.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace parnas::search {
namespace {

// The worst value of the best `percentile` %, between two values if the share ends there; not
// empty, no NaN.
double bound_of_best(std::vector<double> values, double percentile, Direction direction) {
    const auto is_better = [direction](double a, double b) { return is_worse(direction, b, a); };
    const double place = percentile * static_cast<double>(values.size() - 1) / 100.0;
    const auto above = values.begin() + static_cast<std::ptrdiff_t>(place);
    std::ranges::nth_element(values, above, is_better);
    const double share = place - std::floor(place);
    if (share == 0.0)
        return *above;
    return (1.0 - share) * *above + share * *std::min_element(above + 1, values.end(), is_better);
}

// What complete trials reported, but for NaN.
std::vector<double> values_at(std::int64_t step, std::span<const Curve> known) {
    std::vector<double> values;
    for (const Curve& curve : known) {
        if (curve.state != TrialState::complete)
            continue;
        const auto point = std::ranges::lower_bound(curve.points, step, {}, &CurvePoint::step);
        if (point != curve.points.end() && point->step == step && !std::isnan(point->value))
            values.push_back(point->value);
    }
    return values;
}

class Percentile final : public Pruner {
  public:
    Percentile(const PercentileOptions& options, const Objective& objective)
        : options_(options), objective_(objective) {}

    std::optional<std::string> judge(const Curve& trial,
                                     std::span<const Curve> known) const override {
        if (!is_due(options_.schedule, trial))
            return std::nullopt;
        const std::int64_t step = trial.points.back().step;
        const auto complete = std::ranges::count(known, TrialState::complete, &Curve::state);
        if (complete == 0 || complete < options_.startup_trials)
            return std::nullopt;
        const double best = best_of(trial.points, objective_.direction);
        if (std::isnan(best))
            return fmt::format("every {} up to step {} is NaN", objective_.metric, step);
        const std::vector<double> others = values_at(step, known);
        if (others.empty() || std::ssize(others) < options_.min_trials)
            return std::nullopt;
        const double bound = bound_of_best(others, options_.percentile, objective_.direction);
        if (!is_worse(objective_.direction, best, bound))
            return std::nullopt;
        return fmt::format(
            "at step {} the best {}, {:.6g}, is worse than {:.6g}, {} of {}",
            step,
            objective_.metric,
            best,
            bound,
            options_.percentile == 50.0
                ? "the median"
                : fmt::format("the bound of the best {:.6g} %", options_.percentile),
            others.size() == 1 ? "one trial" : fmt::format("{} trials", others.size()));
    }

  private:
    PercentileOptions options_;
    Objective objective_;
};

}  // namespace

PercentileOptions read_median(ObjectReader& options) {
    const PercentileOptions standard;
    return {
        .startup_trials = options.integer("startup_trials", standard.startup_trials, {.low = 0}),
        .schedule = read_schedule(options),
        .min_trials = options.integer("min_trials", standard.min_trials, {.low = 1})};
}

PercentileOptions read_percentile(ObjectReader& options) {
    const double percentile = options.real("percentile", {.low = 0.0, .high = 100.0});
    PercentileOptions read = read_median(options);
    read.percentile = percentile;
    return read;
}

std::unique_ptr<Pruner> make_percentile_pruner(const PercentileOptions& options,
                                               const Objective& objective) {
    return std::make_unique<Percentile>(options, objective);
}

}  // namespace parnas::search
