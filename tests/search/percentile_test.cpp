// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/percentile.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/rng.h"
#include "tests/search/curves.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::curve;
using tests::kAccuracy;
using tests::kError;
using tests::kInfinity;
using tests::kNaN;

bool stops(const PercentileOptions& options,
           const Objective& objective,
           const Curve& trial,
           const std::vector<Curve>& known) {
    return tests::stops(*make_percentile_pruner(options, objective), trial, known);
}

// The rule once more, as Optuna 3.1 words it (pruners/_percentile.py).
bool reference(const PercentileOptions& options,
               const Curve& trial,
               const std::vector<Curve>& known) {
    std::map<std::int64_t, double> values;
    for (const CurvePoint& point : trial.points)
        values[point.step] = point.value;
    std::vector<std::map<std::int64_t, double>> completed;
    for (const Curve& each : known)
        if (each.state == TrialState::complete) {
            completed.emplace_back();
            for (const CurvePoint& point : each.points)
                completed.back()[point.step] = point.value;
        }
    if (completed.empty() || std::ssize(completed) < options.startup_trials || values.empty())
        return false;
    const std::int64_t step = values.rbegin()->first;
    if (step < options.schedule.warmup_steps)
        return false;
    const std::int64_t nearest = (step - options.schedule.warmup_steps) /
                                     options.schedule.interval_steps *
                                     options.schedule.interval_steps +
                                 options.schedule.warmup_steps;
    std::int64_t second_last = -1;
    double best = kNaN;
    for (const auto& [at, value] : values) {
        if (at > second_last && at != step)
            second_last = at;
        best = std::fmin(best, value);
    }
    if (second_last >= nearest)
        return false;
    if (std::isnan(best))
        return true;
    std::vector<double> others;
    for (const auto& each : completed)
        if (each.contains(step) && !std::isnan(each.at(step)))
            others.push_back(each.at(step));
    if (others.empty() || std::ssize(others) < options.min_trials)
        return false;
    std::ranges::sort(others);
    const double place = options.percentile / 100.0 * static_cast<double>(others.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, others.size() - 1);
    return best > others[below] + (place - std::floor(place)) * (others[above] - others[below]);
}

}  // namespace

TEST_CASE("the percentile pruner agrees with a plain one on random histories",
          "[search][pruner][percentile]") {
    Rng rng(3);
    int stopped = 0;
    for (int i = 0; i < 5000; ++i) {
        const PercentileOptions options{
            .percentile = 12.5 * static_cast<double>(rng.integer(0, 8)),
            .startup_trials = rng.integer(0, 4),
            .schedule = {.warmup_steps = rng.integer(0, 3), .interval_steps = rng.integer(1, 4)},
            .min_trials = rng.integer(1, 3)};
        const auto draw = [&](TrialState state, std::int64_t best) {
            Curve drawn{.state = state, .points = {}};
            for (std::int64_t step = 0; step < 8; ++step)
                if (rng.chance(0.7))
                    drawn.points.push_back(
                        {.step = step,
                         .value =
                             rng.chance(0.2) ? kNaN : static_cast<double>(rng.integer(best, 6))});
            return drawn;
        };
        std::vector<Curve> known;
        for (std::uint64_t count = rng.below(8); count > 0; --count)
            known.push_back(draw(rng.chance(0.7) ? TrialState::complete : TrialState::pruned, 0));
        const Curve trial = draw(TrialState::running, 2);
        const bool expected = reference(options, trial, known);
        stopped += expected;
        CHECK(stops(options, kError, trial, known) == expected);
    }
    CHECK(stopped > 300);
    CHECK(stopped < 4700);
}

TEST_CASE("a trial is judged by the best that it has reached", "[search][pruner][percentile]") {
    const std::vector<Curve> known{curve({0.1, 0.2}), curve({0.3, 0.4}), curve({0.5, 0.9})};
    const PercentileOptions options{.startup_trials = 3};
    CHECK_FALSE(stops(options, kAccuracy, curve({0.3}), known));
    CHECK(stops(options, kAccuracy, curve({0.29}), known));
    CHECK_FALSE(stops(options, kAccuracy, curve({0.4, 0.1}), known));
    CHECK(stops(options, kAccuracy, curve({0.39, 0.1}), known));
}

TEST_CASE("the share that is kept is the best one, in either direction",
          "[search][pruner][percentile]") {
    const std::vector<Curve> known{
        curve({1.0}), curve({2.0}), curve({3.0}), curve({4.0}), curve({9.0})};
    const PercentileOptions quarter{.percentile = 25.0, .startup_trials = 0};
    CHECK_FALSE(stops(quarter, kError, curve({2.0}), known));
    CHECK(stops(quarter, kError, curve({2.1}), known));
    CHECK_FALSE(stops(quarter, kAccuracy, curve({4.0}), known));
    CHECK(stops(quarter, kAccuracy, curve({3.9}), known));
    const PercentileOptions best{.percentile = 0.0, .startup_trials = 0};
    CHECK_FALSE(stops(best, kError, curve({1.0}), known));
    CHECK(stops(best, kError, curve({1.1}), known));
    const PercentileOptions all{.percentile = 100.0, .startup_trials = 0};
    CHECK_FALSE(stops(all, kError, curve({9.0}), known));
    CHECK(stops(all, kError, curve({9.1}), known));
}

TEST_CASE("the percentile pruner says what it compared", "[search][pruner][percentile]") {
    const std::vector<Curve> known{curve({0.1, 0.2}), curve({0.3, 0.4})};
    const auto median = make_percentile_pruner({.startup_trials = 0}, kAccuracy);
    CHECK(median->judge(curve({0.05, 0.25}), known) ==
          "at step 1 the best accuracy, 0.25, is worse than 0.3, the median of 2 trials");
    CHECK(median->judge(curve({0.05}), std::span(known).first(1)) ==
          "at step 0 the best accuracy, 0.05, is worse than 0.1, the median of one trial");
    CHECK(median->judge(curve({kNaN, kNaN}), known) == "every accuracy up to step 1 is NaN");
    const auto quarter =
        make_percentile_pruner({.percentile = 25.0, .startup_trials = 0}, kAccuracy);
    CHECK(quarter->judge(curve({0.2}), known) ==
          "at step 0 the best accuracy, 0.2, is worse than 0.25, the bound of the best 25 % of "
          "2 trials");
}

TEST_CASE("pruned and failed trials are no measure", "[search][pruner][percentile]") {
    std::vector<Curve> known{curve({0.9}), curve({0.8}), curve({0.7})};
    const PercentileOptions options{.startup_trials = 3};
    CHECK(stops(options, kAccuracy, curve({0.5}), known));
    known[0].state = TrialState::pruned;
    CHECK_FALSE(stops(options, kAccuracy, curve({0.5}), known));
    known.push_back(curve({0.4}));
    CHECK(stops(options, kAccuracy, curve({0.5}), known));
    known[3].state = TrialState::running;
    CHECK_FALSE(stops(options, kAccuracy, curve({0.5}), known));
}

TEST_CASE("infinite values are compared like others", "[search][pruner][percentile]") {
    const PercentileOptions options{.startup_trials = 0};
    CHECK(stops(options, kError, curve({kInfinity}), {curve({1.0})}));
    CHECK_FALSE(stops(options, kError, curve({kInfinity}), {curve({kInfinity})}));
    CHECK_FALSE(stops(options, kError, curve({5.0}), {curve({kInfinity}), curve({-kInfinity})}));
}

}  // namespace parnas::search
