// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/median.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace parnas::search {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The mean of the two middle ones of an even number; not empty, no NaN.
double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1)
        return *middle;
    return 0.5 * (*std::max_element(values.begin(), middle) + *middle);
}

class Median final : public Pruner {
  public:
    Median(const MedianOptions& options, const Objective& objective)
        : options_(options), objective_(objective) {}

    std::optional<std::string> judge(const Curve& trial,
                                     std::span<const Curve> known) const override {
        if (!is_due(trial))
            return std::nullopt;
        const std::int64_t step = trial.points.back().step;
        const auto complete = std::ranges::count(known, TrialState::complete, &Curve::state);
        if (complete == 0 || complete < options_.startup_trials)
            return std::nullopt;
        const double best = best_of(trial);
        if (std::isnan(best))
            return fmt::format("every {} up to step {} is NaN", objective_.metric, step);
        const std::vector<double> others = values_at(step, known);
        if (others.empty() || std::ssize(others) < options_.min_trials)
            return std::nullopt;
        const double middle = median(others);
        if (!is_worse(best, middle))
            return std::nullopt;
        return fmt::format(
            "at step {} the best {}, {:.6g}, is worse than {:.6g}, the median of {}",
            step,
            objective_.metric,
            best,
            middle,
            others.size() == 1 ? "one trial" : fmt::format("{} trials", others.size()));
    }

  private:
    // Whether the last point is the first one since a judgement was due.
    bool is_due(const Curve& trial) const {
        if (trial.points.empty())
            return false;
        const std::int64_t since_warmup = trial.points.back().step - options_.warmup_steps;
        if (since_warmup < 0)
            return false;
        const std::int64_t due =
            options_.warmup_steps + since_warmup - since_warmup % options_.interval_steps;
        return trial.points.size() == 1 || trial.points.rbegin()[1].step < due;
    }

    // NaN loses every comparison.
    bool is_worse(double a, double b) const {
        return objective_.direction == Direction::maximize ? a < b : a > b;
    }

    // NaN if there is no other value.
    double best_of(const Curve& trial) const {
        double best = kNaN;
        for (const CurvePoint& point : trial.points)
            if (std::isnan(best) || is_worse(best, point.value))
                best = point.value;
        return best;
    }

    // What complete trials reported, but for NaN.
    static std::vector<double> values_at(std::int64_t step, std::span<const Curve> known) {
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

    MedianOptions options_;
    Objective objective_;
};

}  // namespace

MedianOptions read_median(ObjectReader& options) {
    const MedianOptions standard;
    return {
        .startup_trials = options.integer("startup_trials", standard.startup_trials, {.low = 0}),
        .warmup_steps = options.integer("warmup_steps", standard.warmup_steps, {.low = 0}),
        .interval_steps = options.integer("interval_steps", standard.interval_steps, {.low = 1}),
        .min_trials = options.integer("min_trials", standard.min_trials, {.low = 1})};
}

std::unique_ptr<Pruner> make_median_pruner(const MedianOptions& options,
                                           const Objective& objective) {
    return std::make_unique<Median>(options, objective);
}

}  // namespace parnas::search
