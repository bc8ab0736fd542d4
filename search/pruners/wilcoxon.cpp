// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/wilcoxon.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "search/pruners/curves.h"
#include "search/signed_rank.h"

namespace parnas::search {
namespace {

// Not finite if one of the values is not, or there is none.
double mean(const Curve& curve) {
    double sum = 0.0;
    for (const CurvePoint& point : curve.points)
        sum += point.value;
    return sum / static_cast<double>(curve.points.size());
}

// By how much `trial` is worse than `best`, at each step that both reported.
std::vector<double> shortfalls(const Curve& trial, const Curve& best, Direction direction) {
    std::vector<double> result;
    auto other = best.points.begin();
    for (const auto& [step, value] : trial.points) {
        other = std::ranges::lower_bound(other, best.points.end(), step, {}, &CurvePoint::step);
        if (other != best.points.end() && other->step == step)
            result.push_back(direction == Direction::maximize ? other->value - value
                                                              : value - other->value);
    }
    return result;
}

class Wilcoxon final : public Pruner {
  public:
    Wilcoxon(const WilcoxonOptions& options, const Objective& objective)
        : options_(options), objective_(objective) {}

    std::optional<std::string> judge(const Curve& trial,
                                     std::span<const Curve> known) const override {
        const double reached = mean(trial);
        const Curve* best = best_trial(known);
        if (best == nullptr || !std::isfinite(reached) ||
            !is_worse(objective_.direction, reached, mean(*best)))
            return std::nullopt;
        const std::vector<double> worse = shortfalls(trial, *best, objective_.direction);
        if (std::ssize(worse) < options_.startup_steps)
            return std::nullopt;
        const double p = signed_rank_p(worse);
        if (p >= options_.p_threshold)
            return std::nullopt;
        return fmt::format(
            "at step {} the {} is worse than that of trial {}, p = {:.2g} over {} "
            "steps",
            trial.points.back().step,
            objective_.metric,
            best->number,
            p,
            worse.size());
    }

  private:
    // Of equal ones the one with the lowest number; null if there is none.
    const Curve* best_trial(std::span<const Curve> known) const {
        const Curve* best = nullptr;
        double best_mean = 0.0;
        for (const Curve& curve : known) {
            const double each = mean(curve);
            if (curve.state != TrialState::complete || !std::isfinite(each))
                continue;
            if (best == nullptr || is_worse(objective_.direction, best_mean, each) ||
                (best_mean == each && curve.number < best->number)) {
                best = &curve;
                best_mean = each;
            }
        }
        return best;
    }

    WilcoxonOptions options_;
    Objective objective_;
};

}  // namespace

WilcoxonOptions read_wilcoxon(ObjectReader& options) {
    const WilcoxonOptions standard;
    return {
        .p_threshold = options.real("p_threshold", standard.p_threshold, {.low = 0.0, .high = 1.0}),
        .startup_steps = options.integer("startup_steps", standard.startup_steps, {.low = 0})};
}

std::unique_ptr<Pruner> make_wilcoxon_pruner(const WilcoxonOptions& options,
                                             const Objective& objective) {
    return std::make_unique<Wilcoxon>(options, objective);
}

}  // namespace parnas::search
