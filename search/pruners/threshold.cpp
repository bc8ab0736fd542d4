// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/threshold.h"

#include <cmath>

#include <fmt/format.h>

namespace parnas::search {
namespace {

class Threshold final : public Pruner {
  public:
    Threshold(const ThresholdOptions& options, const Objective& objective)
        : options_(options), objective_(objective) {}

    std::optional<std::string> judge(const Curve& trial, std::span<const Curve>) const override {
        if (!is_due(options_.schedule, trial))
            return std::nullopt;
        const auto& [step, value] = trial.points.back();
        const std::string& metric = objective_.metric;
        if (std::isnan(value))
            return fmt::format("at step {} the {} is NaN", step, metric);
        if (options_.lower && value < *options_.lower)
            return fmt::format(
                "at step {} the {}, {:.6g}, is below {:.6g}", step, metric, value, *options_.lower);
        if (options_.upper && value > *options_.upper)
            return fmt::format(
                "at step {} the {}, {:.6g}, is above {:.6g}", step, metric, value, *options_.upper);
        return std::nullopt;
    }

  private:
    ThresholdOptions options_;
    Objective objective_;
};

}  // namespace

ThresholdOptions read_threshold(ObjectReader& options) {
    const ThresholdOptions read{.lower = options.optional_real("lower"),
                                .upper = options.optional_real("upper"),
                                .schedule = read_schedule(options)};
    if (!options.has("lower") && !options.has("upper"))
        options.fault("", "expected 'lower', 'upper' or both, found neither");
    if (read.lower && read.upper && *read.lower > *read.upper)
        options.fault(
            "lower", fmt::format("expected at most 'upper', {}, got {}", *read.upper, *read.lower));
    return read;
}

std::unique_ptr<Pruner> make_threshold_pruner(const ThresholdOptions& options,
                                              const Objective& objective) {
    return std::make_unique<Threshold>(options, objective);
}

}  // namespace parnas::search
