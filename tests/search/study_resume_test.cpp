// SPDX-License-Identifier: Apache-2.0
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
        study.run_killed_at(1 + static_cast<int>(rng.below(12)), 2);
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

}  // namespace parnas::search
