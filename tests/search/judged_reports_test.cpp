// SPDX-License-Identifier: Apache-2.0
// How evaluations wait for the verdict on their reports.
#include <future>

#include "search/study_driver.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using evaluators::Context;
using evaluators::Verdict;
using store::StudyState;
using tests::FakeEvaluator;
using tests::FakeSpace;
using tests::StopsIf;
using tests::StudyFixture;

}  // namespace

TEST_CASE("a stop ends the wait for a verdict, and the trial is evaluated again",
          "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.pruner = std::make_unique<StopsIf>([](const Curve&) { return false; });
    std::stop_source stop;
    // Deaf to everything but the verdict.
    const FakeEvaluator endless({"error"}, [&](const Candidate& candidate, const Context& context) {
        for (std::int64_t step = 0;; ++step) {
            if (candidate.number == 5 && step == 3)
                stop.request_stop();
            if (context.report(step, {{"error", 1.0}}) == Verdict::stop ||
                (candidate.number < 3 && step == 2))
                return Measurement{.metrics = {{"error", 1.0}}};
        }
    });
    study.evaluator = &endless;
    CHECK(study.run(3, stop.get_token()).state == StudyState::stopped);
    for (const store::TrialRecord& trial : study.trials())
        CHECK(trial.state == (trial.number < 3 ? TrialState::complete : TrialState::running));
    study.evaluator = &study.by_hash;
    CHECK(study.run(2).state == StudyState::complete);
    CHECK(study.trials().at(4).attempt == 2);
    CHECK(study.trials().at(4).reports.empty());
}

TEST_CASE("a driver that dies leaves no evaluation waiting", "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.pruner = std::make_unique<StopsIf>([](const Curve& trial) -> bool {
        if (trial.number == 2)
            throw Error(ErrorKind::internal, "a broken pruner");
        return false;
    });
    const FakeEvaluator reporter({"error"}, [](const Candidate&, const Context& context) {
        context.report(0, {{"error", 1.0}});
        return Measurement{.metrics = {{"error", 1.0}}};
    });
    study.evaluator = &reporter;
    CHECK_THROWS_WITH(study.run(3), Catch::Contains("a broken pruner"));
    study.pruner.reset();
    CHECK(study.run().state == StudyState::complete);
}

TEST_CASE("a judged report waits for its answer, and only for its own", "[search][lease_desk]") {
    LeaseDesk desk;
    desk.offer({.candidate = {.number = 0}, .reporting = Reporting::judged});
    desk.offer({.candidate = {.number = 1}, .reporting = Reporting::judged});
    const Lease first = desk.lease({}).value();
    const Lease second = desk.lease({}).value();
    const auto report = [&desk](const Lease& lease) {
        return std::async(std::launch::async,
                          [&desk, key = lease.key()] { return desk.report(key, 0, {}); });
    };
    auto of_first = report(first);
    auto of_second = report(second);
    for (std::size_t reports = 0; reports < 2;)
        reports += desk.wait_for_mail({}).reports.size();
    desk.answer(second.key(), Verdict::stop);
    CHECK(of_second.get() == Heard::stop);
    CHECK(of_first.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    desk.answer(first.key(), Verdict::go_on);
    CHECK(of_first.get() == Heard::go_on);

    desk.finish(second.key(), Measurement{});  // stopped, and heard
    CHECK(desk.take_mail().results.size() == 1);
    auto again = report(first);
    CHECK(desk.wait_for_mail({}).reports.size() == 1);
    desk.close();
    CHECK(again.get() == Heard::lost);
    CHECK(desk.open() == 0);
    desk.finish(first.key(), Measurement{});  // lost
    CHECK(desk.take_mail().empty());
}

TEST_CASE("a judged lease is lost with its first report after the desk closed",
          "[search][lease_desk]") {
    LeaseDesk desk;
    desk.offer({.candidate = {.number = 0}, .reporting = Reporting::judged});
    const Lease lease = desk.lease({}).value();
    desk.close();
    CHECK(desk.open() == 1);
    CHECK(desk.report(lease.key(), 0, {}) == Heard::lost);
    CHECK_FALSE(desk.wait_for_mail({}).empty());  // who waits for the lease hears of it
    CHECK(desk.open() == 0);
}

}  // namespace parnas::search
