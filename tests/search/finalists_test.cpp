// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using store::StudyState;
using tests::FakeEvaluator;
using tests::FakeSpace;
using tests::StopAfter;
using tests::StudyFixture;

}  // namespace

TEST_CASE("the best of the front are trained again as finalists", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    // A finalist is a little better than its search trial.
    const FakeEvaluator two(
        {"a", "b"}, [](const Candidate& candidate, const evaluators::Context& context) {
            context.save_weights("weights " + std::to_string(candidate.number));
            const double gain = candidate.stage == Stage::finalist ? 0.05 : 0.0;
            const double a = static_cast<double>(tests::choice(candidate.genotype, 0));
            const double b = static_cast<double>(tests::choice(candidate.genotype, 1));
            return Measurement{.metrics = {{"a", a + b / 10 - gain}, {"b", 10 - a}}};
        });
    const auto run = [&](StudyFixture& study, int finalists) {
        study.job.objectives = {{.metric = "a"}, {.metric = "b"}};
        study.job.finalists = finalists;
        study.evaluator = &two;
        study.run(2);
    };
    StudyFixture without(space);
    run(without, 0);
    std::vector<std::pair<double, TrialNumber>> front;
    for (const TrialNumber number : without.store->front(*without.study))
        front.emplace_back(without.store->trial(*without.study, number).values[0], number);
    std::ranges::sort(front);
    REQUIRE(front.size() >= 2);

    StudyFixture study(space);
    run(study, 2);
    const auto trials = study.trials();
    REQUIRE(trials.size() == 42);
    const auto members = study.store->front(*study.study);
    for (std::size_t i = 0; i < 2; ++i) {
        const store::TrialRecord& finalist = trials[40 + i];
        const auto parent = static_cast<std::size_t>(front[i].second);
        CHECK(finalist.stage == Stage::finalist);
        CHECK(finalist.genotype == trials[parent].genotype);
        CHECK(finalist.seed != trials[parent].seed);
        CHECK(std::ranges::count(members, finalist.number) == 1);
        CHECK(std::ranges::count(members, front[i].second) == 0);
        CHECK_NOTHROW(study.store->artifact(finalist.weights.value()));
    }
    study.run(2);
    CHECK(study.trials().size() == 42);
}

TEST_CASE("finalists may be spread over the front", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    // A front of five points, on which 0 and 1 are the best by the first objective.
    const FakeEvaluator two({"a", "b"}, [](const Candidate& candidate, const evaluators::Context&) {
        constexpr std::array<std::pair<double, double>, 5> kPoints{
            {{0.0, 10.0}, {0.1, 9.9}, {2.0, 2.0}, {9.9, 0.1}, {10.0, 0.0}}};
        const auto [a, b] = kPoints[static_cast<std::size_t>(candidate.number % 5)];
        return Measurement{.metrics = {{"a", a}, {"b", b}}};
    });
    const auto parents = [&](search::FinalistChoice choice) {
        StudyFixture study(space);
        study.job.objectives = {{.metric = "a"}, {.metric = "b"}};
        study.job.budget.trials = 5;
        study.job.finalists = 3;
        study.job.finalists_choice = choice;
        study.evaluator = &two;
        study.run(1);
        std::multiset<std::string> found;
        for (const store::TrialRecord& trial : study.trials())
            if (trial.stage == Stage::finalist)
                found.insert(trial.user_attributes.at("parents"));
        return found;
    };
    CHECK(parents(search::FinalistChoice::best) == std::multiset<std::string>{"[0]", "[1]", "[2]"});
    const auto spread = parents(search::FinalistChoice::spread);
    CHECK(spread.contains("[2]"));
    CHECK(spread.contains("[0]") != spread.contains("[1]"));
    CHECK(spread.contains("[3]") != spread.contains("[4]"));
}

TEST_CASE("a larger budget goes on behind the finalists and chooses new ones only",
          "[search][study_driver]") {
    const FakeSpace space = tests::mixed_space();
    const auto run = [](StudyFixture& study, std::int64_t trials, int workers) {
        study.job.finalists = 3;
        study.job.objectives = {{.metric = "a"}, {.metric = "b"}};
        study.job.budget.trials = trials;
        return study.run(workers).reason;
    };
    const FakeEvaluator two({"a", "b"}, [](const Candidate& candidate, const evaluators::Context&) {
        const auto hash = spaces::hash(candidate.genotype);
        return Measurement{.metrics = {{"a", static_cast<double>(hash.low % 100)},
                                       {"b", static_cast<double>(hash.high % 100)}}};
    });
    const tests::DelayedEvaluator delayed(two, std::chrono::microseconds(300));
    StudyFixture study(space);
    study.evaluator = &delayed;
    CHECK(run(study, 30, 2) == "budget: 30 trials");
    REQUIRE(study.trials().size() == 33);
    CHECK(run(study, 60, 2) == "budget: 60 trials");
    const std::vector<store::TrialRecord> trials = study.trials();
    std::vector<std::string> chosen;
    std::int64_t searched = 0;
    for (const store::TrialRecord& trial : trials) {
        const bool late = trial.number >= 63;
        if (trial.stage == Stage::search) {
            ++searched;
            CHECK_FALSE(late);
        } else {
            CHECK((late || (trial.number >= 30 && trial.number < 33)));
            CHECK(std::ranges::count(chosen, trial.genotype) == 0);
            chosen.push_back(trial.genotype);
        }
    }
    CHECK(searched == 60);
    CHECK(chosen.size() > 3);

    run(study, 60, 1);
    CHECK(study.trials().size() == trials.size());
    // Neither the workers nor a stop in the second part show.
    StudyFixture other(space);
    other.evaluator = &delayed;
    run(other, 30, 1);
    std::stop_source stop;
    StopAfter stopper(7, stop);
    other.observers = {&stopper};
    other.job.budget.trials = 60;
    CHECK(other.run(1, stop.get_token()).state == StudyState::stopped);
    other.observers = {};
    run(other, 60, 4);
    CHECK(other.log() == study.log());
}

TEST_CASE("only the front's weights are kept", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    const FakeEvaluator improving(
        {"error"}, [](const Candidate& candidate, const evaluators::Context& context) {
            context.save_weights("weights " + std::to_string(candidate.number));
            return Measurement{.metrics = {{"error", -static_cast<double>(candidate.number / 10)}}};
        });
    study.evaluator = &improving;
    study.run(2);
    CHECK(study.store->front(*study.study) == std::vector<TrialNumber>{30});
    CHECK(study.store->artifact(hash_bytes("weights 30")) == "weights 30");
    for (const int gone : {0, 5, 10, 20, 31})
        CHECK_THROWS_AS(study.store->artifact(hash_bytes("weights " + std::to_string(gone))),
                        Error);
}

TEST_CASE("a finalist keeps its weights off the front too", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    const FakeEvaluator unlucky(
        {"error"}, [](const Candidate& candidate, const evaluators::Context& context) {
            context.save_weights("weights " + std::to_string(candidate.number));
            const double worse = candidate.stage == Stage::finalist ? 1.0 : 0.0;
            return Measurement{.metrics = {{"error", worse}}};
        });
    study.evaluator = &unlucky;
    study.job.finalists = 1;
    study.run(2);
    const store::TrialRecord finalist = study.trials().back();
    REQUIRE(finalist.stage == Stage::finalist);
    CHECK(study.store->front(*study.study) == std::vector<TrialNumber>{0});
    CHECK(study.store->artifact(finalist.weights.value()) ==
          "weights " + std::to_string(finalist.number));
}

}  // namespace parnas::search
