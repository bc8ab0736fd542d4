// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/compare_studies.h"

#include "core/error.h"
#include "search/report/compare_page.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

store::TrialRecord trial(TrialNumber number, std::vector<double> values, double cost = 1.0) {
    return {.number = number,
            .state = TrialState::complete,
            .values = std::move(values),
            .cost = Seconds(cost),
            .finished = TimePoint(std::chrono::seconds(number))};
}

StudyRun run_of(const std::string& name, std::uint64_t seed, std::vector<double> losses) {
    StudyRun run{.study = {.name = name, .metrics = {"loss"}, .directions = {Direction::minimize}},
                 .trials = {},
                 .seed = seed};
    for (const double loss : losses)
        run.trials.push_back(trial(static_cast<TrialNumber>(run.trials.size()), {loss}));
    return run;
}

StudyRun two_objectives(const std::string& name, std::vector<Point> values) {
    StudyRun run{.study = {.name = name,
                           .metrics = {"error", "accuracy"},
                           .directions = {Direction::minimize, Direction::maximize}},
                 .trials = {}};
    for (Point& value : values)
        run.trials.push_back(trial(static_cast<TrialNumber>(run.trials.size()), std::move(value)));
    return run;
}

std::string refusal(const StudyGroup& first, const StudyGroup& second) {
    try {
        static_cast<void>(compare_studies(first, second, std::nullopt));
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("studies of equal seeds are pairs, compared after as many trials as all have",
          "[search][analysis]") {
    StudyGroup first{.name = "a", .runs = {}};
    StudyGroup second{.name = "b", .runs = {}};
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        const double base = static_cast<double>(seed);
        first.runs.push_back(run_of("a", seed, {base + 1.0, base, base - 9.0}));
        second.runs.insert(second.runs.begin(), run_of("b", seed, {base + 2.0, base + 0.5}));
    }
    const StudyComparison found = compare_studies(first, second, std::nullopt);
    CHECK(found.measure == "loss");
    REQUIRE(found.cuts.size() == 2);
    CHECK(found.cuts[0].place == 2.0);
    const Comparison& at_trials = found.cuts[0].comparison;
    CHECK(at_trials.paired);
    CHECK(at_trials.difference == 0.5);
    CHECK(at_trials.verdict == Verdict::first);
    CHECK(found.cuts[1].along == Along::cost);
    CHECK(found.cuts[1].place == 2.0);
    CHECK_FALSE(found.first_surfaces);
    CHECK(verdict_text(found, found.cuts[0], "a", "b") ==
          "'a' is better than 'b' in loss after 2 trials: it wins 100 % of the time, p = 0.031, "
          "6 pairs of studies with equal seeds.");

    first.runs[5].seed = 77;
    CHECK_FALSE(compare_studies(first, second, std::nullopt).cuts[0].comparison.paired);
    first.runs[5].seed = 4;
    CHECK_FALSE(compare_studies(first, second, std::nullopt).cuts[0].comparison.paired);
}

TEST_CASE("studies are compared at equal cost where they have one", "[search][analysis]") {
    StudyGroup first{.name = "a", .runs = {run_of("a", 1, {3.0, 2.0, 1.0})}};
    StudyGroup second{.name = "b", .runs = {run_of("b", 2, {5.0, 4.0, 0.0})}};
    for (store::TrialRecord& each : second.runs[0].trials)
        each.cost = Seconds(2.0);
    const StudyComparison found = compare_studies(first, second, std::nullopt);
    REQUIRE(found.cuts.size() == 2);
    CHECK(found.cuts[0].comparison.second_median == 0.0);
    CHECK(found.cuts[1].place == 3.0);
    CHECK(found.cuts[1].comparison.first_median == 1.0);
    CHECK(found.cuts[1].comparison.second_median == 5.0);
    for (store::TrialRecord& each : second.runs[0].trials)
        each.cost = Seconds(0.0);
    CHECK(compare_studies(first, second, std::nullopt).cuts.size() == 1);
}

TEST_CASE("several objectives are compared by a hypervolume with one reference",
          "[search][analysis]") {
    StudyGroup first{.name = "a", .runs = {two_objectives("a", {{1.0, 0.5}, {2.0, 0.9}})}};
    StudyGroup second{.name = "b", .runs = {two_objectives("b", {{3.0, 0.1}, {1.5, 0.5}})}};
    const StudyComparison found = compare_studies(first, second, std::nullopt);
    CHECK(found.measure == kHypervolume);
    CHECK(found.direction == Direction::maximize);
    CHECK(*found.reference == Point{3.0, 0.1});  // the worst of all
    CHECK(found.cuts[0].comparison.first_median == Approx(2.0 * 0.4 + 1.0 * 0.4));
    CHECK(found.cuts[0].comparison.second_median == Approx(1.5 * 0.4));
    REQUIRE(found.first_surfaces);
    CHECK(found.first_surfaces->half == std::vector<Point>{{1.0, 0.5}, {2.0, 0.9}});

    first.runs[0].reference = second.runs[0].reference = Point{4.0, 0.0};
    CHECK(*compare_studies(first, second, std::nullopt).reference == Point{4.0, 0.0});
    const StudyComparison by_metric = compare_studies(first, second, "accuracy");
    CHECK(by_metric.direction == Direction::maximize);
    CHECK(by_metric.cuts[0].comparison.first_median == 0.9);
}

TEST_CASE("studies that cannot be compared are named", "[search][analysis]") {
    const StudyGroup good{.name = "a", .runs = {run_of("a", 1, {3.0})}};
    CHECK(refusal(good, {.name = "none", .runs = {}}) == "none: a group needs a study");
    CHECK(refusal(good, {.name = "b", .runs = {two_objectives("b", {{1.0, 2.0}})}}) ==
          "b: its objectives are minimize error, maximize accuracy, but those of 'a' are minimize "
          "loss: they cannot be compared");
    CHECK(refusal(good, {.name = "b", .runs = {run_of("b", 1, {})}}) ==
          "b: no complete trial has a finite loss");
}

}  // namespace parnas::search
