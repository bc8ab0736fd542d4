// SPDX-License-Identifier: Apache-2.0
// How a study stops trials early: driver, ledger, desk and referee together.
#include <algorithm>
#include <cmath>
#include <limits>

#include "search/pruners/percentile.h"
#include "search/study_driver.h"
#include "tests/search/learner.h"
#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using evaluators::Context;
using evaluators::Verdict;
using store::StudyState;
using tests::FakeEvaluator;
using tests::FakeSpace;
using tests::kLearner;
using tests::kLearnerSteps;
using tests::kUnevenLearner;
using tests::Listener;
using tests::StopAfter;
using tests::StopsIf;
using tests::StudyFixture;

std::unique_ptr<Pruner> median() {
    return make_percentile_pruner({.startup_trials = 4, .schedule = {.warmup_steps = 2}},
                                  {.metric = "error"});
}

void prepare(StudyFixture& study) {
    study.evaluator = &kLearner;
    study.pruner = median();
    study.job.finalists = 1;
}

std::vector<std::string> undisturbed_log(const FakeSpace& space) {
    StudyFixture study(space);
    prepare(study);
    study.run();
    return study.log();
}

Curve curve_of(const store::TrialRecord& trial) {
    Curve curve{.number = trial.number, .state = trial.state, .points = {}};
    for (const auto& [step, value] : trial.reports)
        curve.points.push_back({.step = step, .value = value});
    return curve;
}

std::int64_t count(const StudyFixture& study, TrialState state) {
    return std::ranges::count(study.trials(), state, &store::TrialRecord::state);
}

// Whether every search trial of the study went on and stopped as the median rule says that
// compares it with the trials up to its number minus `lag`.
void check_verdicts(const StudyFixture& study, TrialNumber lag) {
    const auto pruner = median();
    std::vector<Curve> curves;
    for (const store::TrialRecord& trial : study.trials())
        if (trial.stage == Stage::search)
            curves.push_back(curve_of(trial));
    for (const Curve& curve : curves) {
        CAPTURE(curve.number);
        const auto count = std::clamp<TrialNumber>(curve.number - lag + 1, 0, std::ssize(curves));
        const auto known = std::span(curves).first(static_cast<std::size_t>(count));
        Curve sofar{.number = curve.number, .points = {}};
        for (const CurvePoint& point : curve.points) {
            sofar.points.push_back(point);
            const bool last = sofar.points.size() == curve.points.size();
            const bool stopped = last && curve.state == TrialState::pruned;
            CHECK(pruner->judge(sofar, known).has_value() == stopped);
        }
    }
}

}  // namespace

TEST_CASE("with a pruner the log is the same with one, two and four workers", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    const auto expected = undisturbed_log(space);
    for (const int workers : {1, 2, 4}) {
        StudyFixture study(space);
        prepare(study);
        study.evaluator = &kUnevenLearner;
        CHECK(study.run(workers).reason == "budget: 40 trials");
        CHECK(study.log() == expected);
        CHECK(count(study, TrialState::pruned) > 5);
        CHECK(count(study, TrialState::complete) > 5);
    }
}

TEST_CASE("trial k is compared with the trials up to k - lag and no others", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    for (const int lag : {1, 4, 9}) {
        StudyFixture study(space);
        prepare(study);
        study.job.lag = lag;
        study.evaluator = &kUnevenLearner;
        study.run(std::min(lag, 3));
        CHECK(count(study, TrialState::pruned) > 0);
        check_verdicts(study, lag);
    }
}

TEST_CASE("without a lag a trial is compared with all that ended", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    prepare(study);
    study.job.lag = std::nullopt;
    study.run(1);
    CHECK(count(study, TrialState::pruned) > 0);
    check_verdicts(study, 1);

    StudyFixture several(space);
    prepare(several);
    several.job.lag = std::nullopt;
    several.evaluator = &kUnevenLearner;
    CHECK(several.run(4).reason == "budget: 40 trials");
    CHECK(count(several, TrialState::pruned) > 0);
}

TEST_CASE("a study with a pruner that was stopped resumes to the log of an uninterrupted one",
          "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    const auto expected = undisturbed_log(space);
    for (const std::int64_t stopped_after : {1, 4, 9, 16, 25, 39}) {
        StudyFixture study(space);
        prepare(study);
        study.evaluator = &kUnevenLearner;
        std::stop_source stop;
        StopAfter stopper(stopped_after, stop);
        study.observers = {&stopper};
        CHECK(study.run(3, stop.get_token()).state == StudyState::stopped);
        study.observers = {};
        CHECK(study.run(2).state == StudyState::complete);
        CHECK(study.log() == expected);
    }
}

TEST_CASE("a study with a pruner that was killed resumes to the log of an uninterrupted one",
          "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    const auto expected = undisturbed_log(space);
    Rng rng(5);
    for (int repetition = 0; repetition < 10; ++repetition) {
        StudyFixture study(space);
        prepare(study);
        study.run_killed_at(1 + static_cast<int>(rng.below(100)), 2);
        CHECK(study.run(2).state == StudyState::complete);
        CHECK(study.log() == expected);
    }
}

TEST_CASE("a pruned trial keeps what it measured, cost and why it was stopped",
          "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.evaluator = &kLearner;
    study.pruner = std::make_unique<StopsIf>(
        [](const Curve& trial) { return trial.number == 3 && trial.points.size() == 5; });
    study.job.budget.trials = 8;
    Listener listener;
    study.observers = {&listener};
    study.run(2);
    const store::TrialRecord trial = study.trials().at(3);
    CHECK(trial.state == TrialState::pruned);
    CHECK(trial.system_attributes.at("pruned") == R"({"step":4,"reason":"as \"told\""})");
    CHECK(trial.cost == Seconds(5.0));
    CHECK(trial.reports.size() == 5);
    CHECK(trial.metrics.at("error") == trial.reports.at(4));
    CHECK(trial.values == std::vector<double>{trial.reports.at(4)});
    CHECK(count(study, TrialState::complete) == 7);
    CHECK(listener.last.pruned == 1);
    CHECK(listener.last.complete == 7);
    CHECK(listener.last.cost == Seconds(7.0 * kLearnerSteps + 5.0));
}

TEST_CASE("a pruned trial is never on the front, however good it is", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    const FakeEvaluator best_in_between(
        {"error"}, [](const Candidate& candidate, const Context& context) {
            const double error = candidate.number % 2 == 0 ? 1.0 : -1.0;
            context.report(0, {{"error", error}});
            return Measurement{.metrics = {{"error", error}}};
        });
    study.evaluator = &best_in_between;
    study.pruner =
        std::make_unique<StopsIf>([](const Curve& trial) { return trial.number % 2 == 1; });
    study.job.finalists = 3;
    study.run(2);
    CHECK(count(study, TrialState::pruned) == 20);
    const auto trials = study.trials();
    for (const TrialNumber number : study.store->front(*study.study))
        CHECK(trials.at(static_cast<std::size_t>(number)).state == TrialState::complete);
    for (const store::TrialRecord& trial : trials)
        if (trial.stage == Stage::finalist)
            CHECK(trial.user_attributes.at("parents") != "[1]");
}

TEST_CASE("a strategy is told of pruned trials, without objectives", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    class Recorder final : public Strategy {
      public:
        Recorder(std::unique_ptr<Strategy> inner, std::vector<Trial>& told)
            : inner_(std::move(inner)), told_(told) {}
        Step next(const AskContext& context) override { return inner_->next(context); }
        void tell(std::span<const Finished> finished) override {
            for (const Finished& each : finished)
                told_.push_back(std::get<Trial>(each));
            inner_->tell(finished);
        }

      private:
        std::unique_ptr<Strategy> inner_;
        std::vector<Trial>& told_;
    };
    std::vector<Trial> told;
    study.make_strategy = [&, inner = study.make_strategy] {
        return std::make_unique<Recorder>(inner(), told);
    };
    study.evaluator = &kLearner;
    study.pruner =
        std::make_unique<StopsIf>([](const Curve& trial) { return trial.number % 2 == 1; });
    study.run();
    const auto check_told = [&] {
        REQUIRE(told.size() > 30);
        for (const Trial& trial : told) {
            CHECK(trial.state ==
                  (trial.number % 2 == 1 ? TrialState::pruned : TrialState::complete));
            CHECK(trial.objectives.empty() == (trial.number % 2 == 1));
            CHECK(trial.metrics.contains("error"));
        }
    };
    check_told();
    told.clear();
    study.job.budget.trials = 41;
    study.run();  // from the store
    check_told();
}

TEST_CASE("the cost of pruned trials counts to the budget", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.evaluator = &kLearner;
    study.pruner = std::make_unique<StopsIf>([](const Curve&) { return true; });
    study.job.budget = {.cost = Seconds(10.0)};
    study.job.lag = 1;
    CHECK(study.run().reason == "budget: 10 s of evaluations");
    CHECK(study.trials().size() == 10);
}

TEST_CASE("finalists are not judged", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.evaluator = &kLearner;
    study.pruner = std::make_unique<StopsIf>([](const Curve& trial) { return trial.number > 3; });
    study.job.finalists = 2;
    study.run(2);
    int finalists = 0;
    for (const store::TrialRecord& trial : study.trials()) {
        if (trial.stage != Stage::finalist)
            continue;
        ++finalists;
        CHECK(trial.state == TrialState::complete);
        CHECK(trial.reports.size() == kLearnerSteps);
    }
    CHECK(finalists > 0);
}

TEST_CASE("NaN and missing objectives in reports harm nobody", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.pruner = median();
    const FakeEvaluator odd({"error"},
                            [](const Candidate& candidate, const Context& context) -> Outcome {
                                const double error = candidate.number % 3 == 0 ? std::nan("") : 0.5;
                                for (std::int64_t step = 0; step < kLearnerSteps; ++step) {
                                    context.report(step, {{"loss", 1.0}});
                                    if (context.report(step, {{"error", error}}) == Verdict::stop)
                                        break;
                                }
                                return Measurement{.metrics = {{"error", error}}};
                            });
    study.evaluator = &odd;
    study.run(2);
    const auto trials = study.trials();
    CHECK(trials.at(0).state == TrialState::fail);  // ran to its end, and measured NaN
    CHECK(trials.at(1).state == TrialState::complete);
    const store::TrialRecord& late = trials.at(39);
    CHECK(late.state == TrialState::pruned);
    CHECK(late.values.empty());
    CHECK(late.reports.size() == 3);
}

TEST_CASE("a pruned trial does not answer an equal one", "[search][pruning]") {
    const FakeSpace space = tests::small_space();
    StudyFixture study(space);
    class OnePoint final : public Strategy {
      public:
        Step next(const AskContext&) override {
            return Proposal{.genotype = {{std::int64_t{0}, std::int64_t{0}}}};
        }
        void tell(std::span<const Finished>) override {}
    };
    study.make_strategy = [] { return std::make_unique<OnePoint>(); };
    study.job.reuse = Reuse::genotype;
    study.job.budget.trials = 8;
    study.evaluator = &kLearner;
    study.pruner = std::make_unique<StopsIf>([](const Curve& trial) { return trial.number < 3; });
    study.run(4);
    const auto trials = study.trials();
    for (const store::TrialRecord& trial : trials) {
        CHECK(trial.state == (trial.number < 3 ? TrialState::pruned : TrialState::complete));
        CHECK(trial.reused_from ==
              (trial.number > 3 ? std::optional<TrialNumber>(3) : std::nullopt));
    }
}

TEST_CASE("median pruning finds the same best trial in 18 of 20 seeds at half the cost",
          "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    int same = 0;
    double cost_of_all = 0.0;
    double cost_of_pruned = 0.0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto run = [&](std::unique_ptr<Pruner> pruner) {
            StudyFixture study(space);
            study.evaluator = &kLearner;
            study.pruner = std::move(pruner);
            study.job.seed = seed;
            study.job.budget.trials = 100;
            study.make_strategy = [&] {
                return make_sampler_strategy(make_random_sampler({}, {.space = space}));
            };
            study.run();
            double cost = 0.0;
            double best = std::numeric_limits<double>::infinity();
            for (const store::TrialRecord& trial : study.trials()) {
                cost += trial.cost.count();
                if (trial.state == TrialState::complete)
                    best = std::min(best, trial.values[0]);
            }
            return std::pair(best, cost);
        };
        const auto [best, cost] = run(nullptr);
        const auto [pruned_best, pruned_cost] = run(median());
        cost_of_all += cost;
        cost_of_pruned += pruned_cost;
        same += pruned_best == best;
    }
    CHECK(cost_of_pruned < 0.5 * cost_of_all);
    CHECK(same >= 18);
}

}  // namespace parnas::search
