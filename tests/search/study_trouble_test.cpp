// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using store::StudyState;
using tests::FakeEvaluator;
using tests::FakeSpace;
using tests::FlakyStore;
using tests::Listener;
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

}  // namespace

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

TEST_CASE("what was measured is not kept waiting for a slow model's many refusals",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture study(space);
    const tests::FakeHardwareModel slow([](const spaces::Network&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        return 9.0;
    });
    study.model = &slow;
    study.job.limits = {{"latency_ms", 8.0}};
    study.create();
    int commits = 0;
    FlakyStore counting(*study.store, [&](int commit) { commits = commit; });
    CHECK(study.run_in(counting, 1).state == StudyState::complete);
    CHECK(slow.asked() > 10);
    CHECK(commits > 2);  // not all of it, and the end
}

TEST_CASE("results are in the store before a slow model is asked about the next candidate",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture study(space);
    study.create();
    std::vector<std::int64_t> late;
    const tests::FakeHardwareModel slow([&](const spaces::Network&) {
        const auto stored =
            std::ranges::count(study.trials(), TrialState::complete, &store::TrialRecord::state);
        late.push_back(static_cast<std::int64_t>(study.by_hash.seen().size()) - stored);
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        return 1.0;
    });
    study.model = &slow;
    study.job.lag = 1;
    study.job.budget.trials = 5;
    CHECK(study.run().state == StudyState::complete);
    CHECK(late == std::vector<std::int64_t>(late.size(), 0));
    CHECK(late.size() > 2);
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

}  // namespace parnas::search
