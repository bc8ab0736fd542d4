// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/rungs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "search/pruners/curves.h"

namespace parnas::search {
namespace {

constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();

// NaN if the curve did not get there.
double value_at_rung(const Curve& curve, std::int64_t rung) {
    const auto point = std::ranges::lower_bound(curve.points, rung, {}, &CurvePoint::step);
    return point == curve.points.end() ? std::numeric_limits<double>::quiet_NaN() : point->value;
}

std::int64_t survivors(const Rungs& rungs, std::int64_t trials) {
    const std::int64_t share = trials / rungs.factor;
    return rungs.survivors == Survivors::share ? std::max<std::int64_t>(share, 1) : share + 1;
}

std::optional<std::string> judge_at(std::int64_t rung,
                                    const Rungs& rungs,
                                    const Objective& objective,
                                    const Curve& trial,
                                    std::span<const Curve> known,
                                    const std::function<bool(const Curve&)>& competes) {
    const double value = trial.points.back().value;
    if (std::isnan(value))
        return fmt::format("at rung {} the {} is NaN", rung, objective.metric);
    std::int64_t others = 0;
    std::int64_t better = 0;
    for (const Curve& curve : known) {
        if (curve.number == trial.number || !competes(curve))
            continue;
        const double other = value_at_rung(curve, rung);
        others += !std::isnan(other);
        better += is_worse(objective.direction, value, other);
    }
    if (others < rungs.bootstrap_count)
        return fmt::format(
            "one of the first {} trials at rung {}, which stop there", rungs.bootstrap_count, rung);
    const std::int64_t go_on = survivors(rungs, others + 1);
    if (better < go_on)
        return std::nullopt;
    return fmt::format("at rung {} the {}, {:.6g}, is worse than {} of {} others; {} of {} go on",
                       rung,
                       objective.metric,
                       value,
                       better,
                       others,
                       go_on,
                       others + 1);
}

}  // namespace

std::optional<std::string> judge_at_rungs(const Rungs& rungs,
                                          const Objective& objective,
                                          const Curve& trial,
                                          std::span<const Curve> known,
                                          const std::function<bool(const Curve&)>& competes) {
    if (trial.points.empty())
        return std::nullopt;
    const std::int64_t reached = trial.points.back().step;
    const std::int64_t before = trial.points.size() == 1 ? -1 : trial.points.rbegin()[1].step;
    for (std::int64_t rung = rungs.first; rung <= reached && rung < kEndless;
         rung = saturated_product(rung, rungs.factor))
        if (rung > before)
            if (auto reason = judge_at(rung, rungs, objective, trial, known, competes))
                return reason;
    return std::nullopt;
}

std::int64_t saturated_product(std::int64_t a, std::int64_t b) {
    return a > kEndless / b ? kEndless : a * b;
}

std::optional<std::int64_t> read_steps_or_auto(ObjectReader& options,
                                               std::string_view key,
                                               std::optional<std::int64_t> otherwise) {
    const Json* json = options.find(key);
    if (json == nullptr)
        return otherwise;
    if (!json->is_string())
        return options.optional_integer(key, {.low = 1});
    const auto& word = json->get_ref<const std::string&>();
    if (word != "auto")
        options.fault(
            key, fmt::format("expected 'auto' or an integer of at least 1, got text '{}'", word));
    return std::nullopt;
}

}  // namespace parnas::search
