// SPDX-License-Identifier: Apache-2.0
#include "search/study_driver.h"

#include <algorithm>
#include <set>

#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using store::StudyState;
using tests::FakeEvaluator;
using tests::FakeSpace;
using tests::FlakyStore;
using tests::StudyFixture;

// Throws at the n-th call of next() or tell(), counted over all that share `calls`.
class ThrowingStrategy final : public Strategy {
  public:
    ThrowingStrategy(std::unique_ptr<Strategy> inner, int& calls, std::set<int> throws_at)
        : inner_(std::move(inner)), calls_(calls), throws_at_(std::move(throws_at)) {}

    Step next(const AskContext& context) override {
        throw_if_due();
        return inner_->next(context);
    }
    void tell(std::span<const Finished> finished) override {
        throw_if_due();
        inner_->tell(finished);
    }

  private:
    void throw_if_due() {
        if (throws_at_.contains(++calls_))
            throw std::runtime_error("broken sampler");
    }

    std::unique_ptr<Strategy> inner_;
    int& calls_;
    std::set<int> throws_at_;
};

class StopAfter final : public Observer {
  public:
    StopAfter(std::int64_t trials, std::stop_source& stop) : trials_(trials), stop_(stop) {}
    void trial_finished(const Candidate&, const store::TrialFinish&) override {
        if (++seen_ == trials_)
            stop_.request_stop();
    }
    void front_changed(std::span<const TrialNumber>) override {}
    void progress(const Progress&) override {}
    void store_unavailable(const Error&) override {}

  private:
    std::int64_t trials_;
    std::stop_source& stop_;
    std::int64_t seen_ = 0;
};

class Listener final : public Observer {
  public:
    void trial_finished(const Candidate& candidate, const store::TrialFinish& finish) override {
        CHECK(candidate.number == finish.number);
        ++finished;
    }
    void front_changed(std::span<const TrialNumber> members) override {
        front.assign(members.begin(), members.end());
    }
    void progress(const Progress& now) override { last = now; }
    void store_unavailable(const Error& error) override { waited_for.push_back(error.what()); }

    int finished = 0;
    std::vector<TrialNumber> front;
    Progress last;
    std::vector<std::string> waited_for;
};

std::vector<std::string> uninterrupted_log(const FakeSpace& space,
                                           const evaluators::Evaluator& evaluator,
                                           Reuse reuse) {
    StudyFixture study(space);
    study.evaluator = &evaluator;
    study.job.reuse = reuse;
    study.job.finalists = 2;
    study.run();
    return study.log();
}

}  // namespace

TEST_CASE("the log is the same with one, two and four workers", "[search][study_driver]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture reference(space);
    const tests::FlakyEvaluator flaky(reference.by_hash, 5);
    const tests::NoisyEvaluator noisy(flaky, 1.0);
    const tests::DelayedEvaluator delayed(noisy, std::chrono::microseconds(300));
    const auto expected = uninterrupted_log(space, noisy, Reuse::none);
    CHECK(expected.size() == 40 + 1 + 1);  // one objective: one finalist; and the front
    for (const int workers : {1, 2, 4}) {
        StudyFixture study(space);
        study.evaluator = &delayed;
        study.job.finalists = 2;
        CHECK(study.run(workers).reason == "budget: 40 trials");
        CHECK(study.log() == expected);
    }
}

TEST_CASE("a study that was stopped at any trial resumes to the log of an uninterrupted one",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture reference(space);
    const tests::FlakyEvaluator flaky(reference.by_hash, 4);
    const auto expected = uninterrupted_log(space, flaky, Reuse::architecture);
    for (const std::int64_t stopped_after : {1, 2, 5, 11, 17, 23}) {
        StudyFixture study(space);
        study.evaluator = &flaky;
        study.job.reuse = Reuse::architecture;
        study.job.finalists = 2;
        std::stop_source stop;
        StopAfter stopper(stopped_after, stop);
        study.observers = {&stopper};
        CHECK(study.run(2, stop.get_token()).state == StudyState::stopped);
        CHECK(study.store->study(*study.study).state == StudyState::stopped);
        study.observers = {};
        CHECK(study.run(2).state == StudyState::complete);
        CHECK(study.log() == expected);
    }
}

TEST_CASE("a study that was killed at any commit resumes to the log of an uninterrupted one",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture reference(space);
    const tests::FlakyEvaluator flaky(reference.by_hash, 4);
    const auto expected = uninterrupted_log(space, flaky, Reuse::architecture);
    Rng rng(11);
    for (int repetition = 0; repetition < 10; ++repetition) {
        StudyFixture study(space);
        study.evaluator = &flaky;
        study.job.reuse = Reuse::architecture;
        study.job.finalists = 2;
        study.study = study.store->create_study({.name = "study",
                                                 .metrics = {"error"},
                                                 .directions = {Direction::minimize},
                                                 .job = "{}"});
        const int killed_at = 1 + static_cast<int>(rng.below(12));
        FlakyStore dying(*study.store, [killed_at](int commit) {
            if (commit >= killed_at)
                throw Error(ErrorKind::internal, "killed");
        });
        CHECK_THROWS_AS(study.run_in(dying, 2), Error);
        CHECK(study.run(2).state == StudyState::complete);
        CHECK(study.log() == expected);
    }
}

TEST_CASE("an evaluation that Ctrl-C cancels is leased again with the next attempt",
          "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    std::stop_source stop;
    const FakeEvaluator until_stopped(
        {"error"}, [&](const Candidate& candidate, const evaluators::Context& context) -> Outcome {
            if (candidate.number < 2)
                return Measurement{.metrics = {{"error", 1.0}}};
            stop.request_stop();
            while (!context.stop.stop_requested())
                std::this_thread::yield();
            return Failure{FailureKind::cancelled, "stopped"};
        });
    study.evaluator = &until_stopped;
    CHECK(study.run(1, stop.get_token()).state == StudyState::stopped);
    CHECK(study.trials().at(2).state == TrialState::running);
    study.evaluator = &study.by_hash;
    CHECK(study.run().state == StudyState::complete);
    CHECK(study.trials().at(2).state == TrialState::complete);
    CHECK(study.trials().at(2).attempt == 2);
    CHECK(study.trials().at(0).attempt == 1);
}

TEST_CASE("what an evaluation throws once it is to stop does not fail its trial",
          "[search][local_workers]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    std::stop_source stop;
    const FakeEvaluator thrown_out(
        {"error"}, [&](const Candidate&, const evaluators::Context& context) -> Outcome {
            stop.request_stop();
            while (!context.stop.stop_requested())
                std::this_thread::yield();
            throw Error(ErrorKind::unavailable, "stopped");
        });
    study.evaluator = &thrown_out;
    CHECK(study.run(3, stop.get_token()).state == StudyState::stopped);
    for (const store::TrialRecord& trial : study.trials())
        CHECK(trial.state == TrialState::running);
    study.evaluator = &study.by_hash;
    CHECK(study.run().state == StudyState::complete);
}

TEST_CASE("a stop while open trials are screened again ends the session as stopped",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture study(space);
    std::stop_source first;
    const FakeEvaluator never({"error"}, [&](const Candidate&, const evaluators::Context&) {
        first.request_stop();
        return Failure{FailureKind::cancelled, "stopped"};
    });
    study.evaluator = &never;
    study.run(1, first.get_token());
    REQUIRE(study.trials().at(0).state == TrialState::running);

    std::stop_source second;
    const tests::FakeHardwareModel slow([&](const spaces::Network&) -> double {
        second.request_stop();
        throw Error(ErrorKind::unavailable, "stopped");
    });
    study.model = &slow;
    CHECK(study.run(1, second.get_token()).state == StudyState::stopped);
    study.model = nullptr;
    study.evaluator = &study.by_hash;
    CHECK(study.run().state == StudyState::complete);
    CHECK(study.trials().size() == 32);
}

TEST_CASE("a study that is stopped before its finalists are screened is not complete",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture study(space);
    study.job.budget.trials = 6;
    study.run();
    study.job.finalists = 1;
    std::stop_source stop;
    const tests::FakeHardwareModel slow([&](const spaces::Network&) -> double {
        stop.request_stop();
        throw Error(ErrorKind::unavailable, "stopped");
    });
    study.model = &slow;
    CHECK(study.run(1, stop.get_token()).state == StudyState::stopped);
    CHECK(study.trials().size() == 6);
    study.model = nullptr;
    CHECK(study.run().state == StudyState::complete);
    CHECK(study.trials().size() == 7);
}

TEST_CASE("a candidate over a limit is recorded and never evaluated", "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture study(space);
    study.job.limits = {{"parameters", 200.0}};
    study.run();
    const auto seen = study.by_hash.seen();
    int infeasible = 0;
    for (const store::TrialRecord& trial : study.trials()) {
        const bool over = trial.metrics.at("parameters") > 200.0;
        CHECK(seen.contains(trial.number) == !over);
        if (!over)
            continue;
        ++infeasible;
        REQUIRE(trial.failure.has_value());
        CHECK(trial.failure->kind == FailureKind::infeasible);
        CHECK(trial.failure->reason.ends_with("is over the limit of 200"));
    }
    CHECK(infeasible > 0);
}

TEST_CASE("a search that ends with an infeasible trial knows its whole front",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    // One good point first, then only infeasible ones, all in one turn.
    class TwoPoints final : public Strategy {
      public:
        Step next(const AskContext& context) override {
            return Proposal{
                .genotype = {
                    {std::int64_t{context.number == 0 ? 0 : 7}, std::int64_t{0}, std::int64_t{0}}}};
        }
        void tell(std::span<const Finished>) override {}
    };
    StudyFixture study(space);
    study.job.limits = {{"parameters", 100.0}};
    study.job.budget.trials = 3;
    study.job.finalists = 1;
    study.make_strategy = [] { return std::make_unique<TwoPoints>(); };
    CHECK(study.run().reason == "budget: 3 trials");
    REQUIRE(study.trials().size() == 4);
    CHECK(study.trials()[3].stage == Stage::finalist);
    CHECK(study.trials()[3].genotype == study.trials()[0].genotype);
    CHECK(study.run().reason == "budget: 3 trials");
}

TEST_CASE("a limit on a measured metric keeps trials off the front", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.job.limits = {{"heat", 0.0}};
    const FakeEvaluator hot(
        {"error", "heat"}, [](const Candidate& candidate, const evaluators::Context&) {
            const double number = static_cast<double>(candidate.number);
            return Measurement{
                .metrics = {{"error", -number}, {"heat", candidate.number < 3 ? 0.0 : 1.0}}};
        });
    study.evaluator = &hot;
    study.run();
    CHECK(study.store->front(*study.study) == std::vector<TrialNumber>{2});
}

TEST_CASE("a limited metric that is NaN keeps the trial off the front", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.job.limits = {{"heat", 0.0}};
    study.job.budget.trials = 2;
    const FakeEvaluator unknown(
        {"error", "heat"}, [](const Candidate& candidate, const evaluators::Context&) {
            const bool first = candidate.number == 0;
            return Measurement{
                .metrics = {{"error", first ? 0.0 : 1.0}, {"heat", first ? std::nan("") : 0.0}}};
        });
    study.evaluator = &unknown;
    study.run();
    CHECK(study.store->front(*study.study) == std::vector<TrialNumber>{1});
}

TEST_CASE("an equal architecture takes the result of the earlier trial", "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture study(space);
    study.job.reuse = Reuse::architecture;
    study.make_strategy = [&] {
        return make_sampler_strategy(make_random_sampler({}, {.space = space}));
    };
    CHECK(study.run(2).reason == "the space is exhausted after 32 trials");
    CHECK(study.by_hash.seen().size() == 16);
    int reused = 0;
    for (const store::TrialRecord& trial : study.trials()) {
        if (!trial.reused_from)
            continue;
        ++reused;
        const store::TrialRecord original = study.store->trial(*study.study, *trial.reused_from);
        CHECK(original.number < trial.number);
        CHECK(original.architecture == trial.architecture);
        CHECK(original.values == trial.values);
        CHECK(trial.cost.count() == 0.0);
    }
    CHECK(reused == 16);
}

TEST_CASE("results of other studies in the store are reused", "[search][study_driver]") {
    const FakeSpace space = tests::small_space();
    StudyFixture study(space);
    study.job.reuse = Reuse::genotype;
    study.run();
    CHECK(study.by_hash.seen().size() == 12);
    study.study = study.store->create_study(
        {.name = "second", .metrics = {"error"}, .directions = {Direction::minimize}, .job = "{}"});
    study.run();
    CHECK(study.by_hash.seen().size() == 12);
    for (const store::TrialRecord& trial : study.trials()) {
        CHECK(trial.state == TrialState::complete);
        CHECK(trial.user_attributes.contains("reused_from"));
    }
}

TEST_CASE("a thousand reused results in a row end the study", "[search][study_driver]") {
    const FakeSpace space = tests::small_space();
    // The same genotype again and again.
    class Stubborn final : public Strategy {
      public:
        Step next(const AskContext&) override {
            return Proposal{.genotype = {{std::int64_t{0}, std::int64_t{0}}}};
        }
        void tell(std::span<const Finished>) override {}
    };
    StudyFixture study(space);
    study.job.budget.trials = 5000;
    study.job.reuse = Reuse::genotype;
    study.make_strategy = [] { return std::make_unique<Stubborn>(); };
    CHECK(study.run().reason == "the space is exhausted: 1000 results in a row were known");
    CHECK(study.by_hash.seen().size() == 1);
    CHECK(study.trials().size() == 1 + 1000 + 3);  // the lag's trials were on their way
}

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
        study.study =
            study.store->create_study({.name = "two",
                                       .metrics = {"a", "b"},
                                       .directions = {Direction::minimize, Direction::minimize},
                                       .job = "{}"});
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
    const auto two_objectives = [&](StudyFixture& study) {
        study.evaluator = &delayed;
        study.study =
            study.store->create_study({.name = "two",
                                       .metrics = {"a", "b"},
                                       .directions = {Direction::minimize, Direction::minimize},
                                       .job = "{}"});
    };
    StudyFixture study(space);
    two_objectives(study);
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
    two_objectives(other);
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

TEST_CASE("an objective that is NaN or missing fails the trial with a reason",
          "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.job.budget.trials = 2;
    const FakeEvaluator bad({"error"}, [](const Candidate& candidate, const evaluators::Context&) {
        return candidate.number == 0 ? Measurement{.metrics = {{"error", std::nan("")}}}
                                     : Measurement{};
    });
    study.evaluator = &bad;
    study.run();
    CHECK(study.trials()[0].failure->kind == FailureKind::diverged);
    CHECK(study.trials()[0].failure->reason == "error is nan");
    CHECK(study.trials()[1].failure->kind == FailureKind::crashed);
    CHECK(study.trials()[1].failure->reason == "the evaluation gave no 'error'");
}

TEST_CASE("a sampler that throws twice is rebuilt and goes on as if nothing was",
          "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture reference(space);
    reference.run();
    StudyFixture study(space);
    int calls = 0;
    const auto inner = study.make_strategy;
    study.make_strategy = [&] {
        return std::make_unique<ThrowingStrategy>(inner(), calls, std::set<int>{20, 45});
    };
    CHECK(study.run(2).state == StudyState::complete);
    CHECK(study.log() == reference.log());
}

TEST_CASE("a sampler that throws three times fails the study", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    int calls = 0;
    const auto inner = study.make_strategy;
    study.make_strategy = [&] {
        return std::make_unique<ThrowingStrategy>(inner(), calls, std::set<int>{20, 30, 40});
    };
    const StudyEnd end = study.run(2);
    CHECK(end.state == StudyState::failed);
    CHECK(end.reason == "the strategy failed: broken sampler");
    CHECK(study.store->study(*study.study).state_reason == end.reason);
    for (const TrialNumber number : study.by_hash.seen())
        CHECK(study.store->trial(*study.study, number).state == TrialState::complete);
}

TEST_CASE("an evaluator that throws three times in a row fails the study",
          "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    const FakeEvaluator broken(
        {"error"}, [](const Candidate& candidate, const evaluators::Context&) -> Outcome {
            if (candidate.number % 2 == 0 || candidate.number > 10)
                throw std::runtime_error("no data");
            return Measurement{.metrics = {{"error", 0.0}}};
        });
    study.evaluator = &broken;
    const StudyEnd end = study.run();
    CHECK(end.state == StudyState::failed);
    CHECK(end.reason == "the evaluator failed 3 times in a row, at last: no data");
    CHECK(study.trials()[0].failure->kind == FailureKind::crashed);
    CHECK(study.trials()[9].state == TrialState::complete);
}

TEST_CASE("a store that is full for a while loses nothing", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture reference(space);
    reference.run();
    StudyFixture study(space);
    study.study = study.store->create_study(
        {.name = "study", .metrics = {"error"}, .directions = {Direction::minimize}, .job = "{}"});
    FlakyStore full(*study.store, [](int commit) {
        if (commit % 5 == 4 || commit % 5 == 0)
            throw Error(ErrorKind::unavailable, "disk full " + std::to_string(commit));
    });
    Listener listener;
    study.observers = {&listener};
    CHECK(study.run_in(full, 2).state == StudyState::complete);
    CHECK(study.log() == reference.log());
    REQUIRE(listener.waited_for.size() > 1);
    CHECK(listener.waited_for[0] == "disk full 4");
    CHECK(listener.waited_for[1] == "disk full 9");
}

TEST_CASE("a store that stays full ends the session with its error", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.patience = Seconds(0.0);
    study.study = study.store->create_study(
        {.name = "study", .metrics = {"error"}, .directions = {Direction::minimize}, .job = "{}"});
    FlakyStore full(*study.store, [](int commit) {
        if (commit > 3)
            throw Error(ErrorKind::unavailable, "disk full");
    });
    CHECK_THROWS_WITH(study.run_in(full, 2), Catch::Contains("disk full"));
}

TEST_CASE("a driver that lost the study stops and changes nothing more", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.study = study.store->create_study(
        {.name = "study", .metrics = {"error"}, .directions = {Direction::minimize}, .job = "{}"});
    std::size_t trials = 0;
    FlakyStore stolen(*study.store, [&](int commit) {
        if (commit != 4)
            return;
        study.store->acquire_study(*study.study, store::this_process(), Seconds(10));
        trials = study.trials().size();
    });
    try {
        study.run_in(stolen, 2);
        FAIL("the loss went unnoticed");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::conflict);
    }
    CHECK(study.trials().size() == trials);
}

TEST_CASE("a cost budget ends the search at the same trial with any number of workers",
          "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    for (const int workers : {1, 3}) {
        StudyFixture study(space);
        study.job.budget = {.cost = Seconds(10.0)};
        CHECK(study.run(workers).reason == "budget: 10 s of evaluations");
        CHECK(study.trials().size() == 10 + 3);
    }
}

TEST_CASE("a cost budget that nothing is spent of ends the search", "[search][study_driver]") {
    const FakeSpace space = tests::real_space(3);
    StudyFixture study(space);
    study.job.budget = {.cost = Seconds(10.0)};
    const FakeEvaluator broken({"error"}, [](const Candidate&, const evaluators::Context&) {
        return Failure{FailureKind::crashed, "broken"};
    });
    study.evaluator = &broken;
    CHECK(study.run().reason ==
          "nothing to spend the budget on: 1000 trials in a row cost nothing");
    study.job.budget.trials = 1200;  // ends by itself
    CHECK(study.run().reason == "budget: 1200 trials");
}

TEST_CASE("without a lag, trials are told as they end", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.job.lag = std::nullopt;
    CHECK(study.run(3).state == StudyState::complete);
    CHECK(study.trials().size() == 40);
    study.job.budget.trials = 50;
    study.run(3);
    CHECK(study.trials().size() == 50);
}

TEST_CASE("observers hear of every trial after it was stored", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    Listener listener;
    study.observers = {&listener};
    study.run(2);
    CHECK(listener.finished == 40);
    CHECK(listener.last.complete == 40);
    CHECK(listener.last.cost.count() == 40.0);
    CHECK(listener.front == study.store->front(*study.study));
}

TEST_CASE("a report under a lost fence is told to stop, and its result is dropped",
          "[search][lease_desk]") {
    LeaseDesk desk;
    desk.offer({.number = 3});
    const Lease lease = desk.lease({}).value();
    CHECK(desk.report(lease.fence, 0, {{"error", 1.0}}) == evaluators::Verdict::go_on);
    desk.finish(lease.fence, Measurement{});
    CHECK(desk.report(lease.fence, 1, {{"error", 1.0}}) == evaluators::Verdict::stop);
    desk.finish(lease.fence, Measurement{});
    const LeaseDesk::Mail mail = desk.take_mail();
    CHECK(mail.reports.size() == 1);
    CHECK(mail.results.size() == 1);
    CHECK(desk.open() == 0);
    desk.close();
    CHECK_FALSE(desk.lease({}).has_value());
}

}  // namespace parnas::search
