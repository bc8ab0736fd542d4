// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/wilcoxon.h"

#include "tests/search/curves.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::curve;
using tests::kAccuracy;
using tests::kError;
using tests::kInfinity;
using tests::kNaN;

constexpr TrialNumber kJudgedTrial = 100;

bool wilcoxon_stops(const WilcoxonOptions& options,
                    const Objective& objective,
                    const std::vector<double>& values,
                    const std::vector<Curve>& known) {
    return tests::stops(
        *make_wilcoxon_pruner(options, objective), curve(values, kJudgedTrial), known);
}

}  // namespace

TEST_CASE("a trial that is worse at each step stops as soon as that is no accident",
          "[search][pruner][wilcoxon]") {
    const std::vector<Curve> known{curve({2, 1, 2, 1, 2, 1})};
    // 2^-3 is above 0.1, 2^-4 below.
    CHECK_FALSE(wilcoxon_stops({}, kError, {3, 2, 3}, known));
    CHECK(wilcoxon_stops({}, kError, {3, 2, 3, 2}, known));
    CHECK_FALSE(wilcoxon_stops({.p_threshold = 0.0625}, kError, {3, 2, 3, 2}, known));
    CHECK(wilcoxon_stops({.p_threshold = 0.0625}, kError, {3, 2, 3, 2, 3}, known));
    CHECK(wilcoxon_stops({.p_threshold = 0.5}, kError, {3, 2}, known));
    CHECK_FALSE(wilcoxon_stops({.p_threshold = 0.0}, kError, {3, 2, 3, 2, 3, 2}, known));
    CHECK_FALSE(wilcoxon_stops({}, kAccuracy, {3, 2, 3, 2}, known));
    CHECK(wilcoxon_stops({}, kAccuracy, {1, 0, 1, 0}, known));
    CHECK_FALSE(wilcoxon_stops({}, kError, {2, 1, 2, 1, 2, 1}, known));
    CHECK_FALSE(wilcoxon_stops({}, kError, {}, known));
    CHECK_FALSE(wilcoxon_stops({}, kError, {3, 2, 3, 2}, {}));
}

TEST_CASE("startup_steps are those that the trial shares with the best one",
          "[search][pruner][wilcoxon]") {
    const std::vector<Curve> known{curve({2, 1, 2, 1, 2, 1})};
    CHECK(wilcoxon_stops({.startup_steps = 4}, kError, {3, 2, 3, 2}, known));
    CHECK_FALSE(wilcoxon_stops({.startup_steps = 5}, kError, {3, 2, 3, 2}, known));
    CHECK(wilcoxon_stops({.startup_steps = 5}, kError, {3, 2, 3, 2, 3}, known));
    CHECK_FALSE(wilcoxon_stops({.startup_steps = 7}, kError, {3, 2, 3, 2, 3, 2, 3}, known));
}

TEST_CASE("only steps that both reported are tested", "[search][pruner][wilcoxon]") {
    const std::vector<Curve> known{{.number = 0,
                                    .state = TrialState::complete,
                                    .points = {{1, 1.0}, {3, 1.0}, {5, 1.0}, {7, 1.0}}}};
    const auto pruner = make_wilcoxon_pruner({}, kError);
    Curve trial{.number = kJudgedTrial,
                .points = {{0, 2.0}, {1, 2.0}, {2, 2.0}, {3, 2.0}, {5, 2.0}}};
    CHECK_FALSE(tests::stops(*pruner, trial, known));
    trial.points.push_back({6, 2.0});
    CHECK_FALSE(tests::stops(*pruner, trial, known));
    trial.points.push_back({7, 2.0});
    CHECK(tests::stops(*pruner, trial, known));
}

TEST_CASE("the best trial is the complete one with the best mean, in doubt the first",
          "[search][pruner][wilcoxon]") {
    const Curve bad = curve({5, 5, 5, 5}, 0);
    const Curve good = curve({1, 3, 1, 3}, 1);
    const Curve as_good = curve({3, 1, 3, 1}, 2);
    const Curve better = curve({0, 0, 0, 0}, 3, TrialState::pruned);
    // Worse than trial 1 at each step, but not than trial 2.
    const std::vector<double> trial{2, 4, 2, 4};
    CHECK_FALSE(wilcoxon_stops({}, kError, trial, {bad}));
    CHECK(wilcoxon_stops({}, kError, trial, {bad, good}));
    CHECK(wilcoxon_stops({}, kError, trial, {as_good, good, bad}));
    CHECK_FALSE(wilcoxon_stops({}, kError, trial, {as_good, bad, better}));
}

TEST_CASE("a trial whose mean is no worse goes on, whatever the ranks say",
          "[search][pruner][wilcoxon]") {
    const std::vector<Curve> known{curve({1, 2, 3, 4, 50})};
    // Worse at the four steps that were reported, and yet better than 12 in the mean.
    CHECK_FALSE(wilcoxon_stops({}, kError, {2, 3, 4, 5}, known));
    CHECK(wilcoxon_stops({}, kError, {20, 30, 40, 50}, known));
}

TEST_CASE("trials with infinite reports or NaN are neither stopped nor the best",
          "[search][pruner][wilcoxon]") {
    const std::vector<Curve> known{curve({1, 2, 3, 4}, 0)};
    CHECK_FALSE(wilcoxon_stops({}, kError, {2, 3, 4, 5, kNaN}, known));
    CHECK_FALSE(wilcoxon_stops({}, kError, {2, 3, 4, 5, kInfinity}, known));
    for (const double odd : {kNaN, -kInfinity, kInfinity}) {
        CHECK_FALSE(wilcoxon_stops({}, kError, {2, 3, 4, 5}, {curve({0, 0, 0, 0, odd}, 1)}));
        CHECK(wilcoxon_stops({}, kError, {2, 3, 4, 5}, {curve({0, 0, 0, 0, odd}, 1), known[0]}));
    }
    CHECK_FALSE(wilcoxon_stops({}, kError, {2, 3, 4, 5}, {curve({}, 0)}));
}

TEST_CASE("the Wilcoxon pruner says whom a trial was compared with", "[search][pruner][wilcoxon]") {
    const auto pruner = make_wilcoxon_pruner({}, kError);
    CHECK(pruner->judge(curve({2, 3, 4, 5}, kJudgedTrial), std::vector{curve({1, 2, 3, 4}, 7)}) ==
          "at step 3 the error is worse than that of trial 7, p = 0.062 over 4 steps");
}

}  // namespace parnas::search
