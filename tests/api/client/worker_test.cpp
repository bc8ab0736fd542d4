// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <random>

#include "tests/api/client/worker_bench.h"

using namespace parnas;
using namespace parnas::client;
using namespace parnas::tests;

TEST_CASE("a worker evaluates all trials and ends with the study", "[api][client][worker]") {
    Bench bench({.trials = 20});
    std::mutex mutex;
    std::set<std::uint64_t> seeds;
    CHECK(bench.work(
              [&](const Candidate& candidate, const evaluators::Context& context) {
                  const std::lock_guard lock(mutex);
                  seeds.insert(candidate.seed);
                  CHECK(candidate.fidelity == 0.5);
                  return square(candidate, context);
              },
              {.slots = 3}) == WorkerEnd::study_ended);
    CHECK(seeds.size() == 20);
    CHECK(*seeds.begin() == 0x8000000000000000U);
    CHECK(bench.made == 1);
    CHECK(bench.heard.started == 20);
    CHECK(bench.heard.ended.size() == 20);
    bench.service.with([](FakeService& service) {
        REQUIRE(service.finished_.size() == 20);
        for (const auto& [trial, result] : service.finished_) {
            CHECK(result.at("outcome") == "completed");
            CHECK(result.at("cost_s") == 0.5);
            CHECK(result.at("metrics").at("loss") == (trial / 100.0) * (trial / 100.0));
            CHECK(service.attempts_.at(trial) == 1);
        }
        CHECK(service.workers_.size() == 1);
    });
}

TEST_CASE("every trial has exactly one result whatever happens on the way",
          "[api][client][worker]") {
    std::mt19937 random(5);
    Bench bench(
        {.trials = 40, .trouble = [&](int) {
             return std::array{
                 Trouble::none, Trouble::none, Trouble::unheard, Trouble::lost}[random() % 4];
         }});
    CHECK(bench.work(
              [](const Candidate& candidate, const evaluators::Context& context) {
                  for (std::int64_t step = 0; step < 3; ++step)
                      context.report(step, {{"loss", 1.0}});
                  return square(candidate, context);
              },
              {.slots = 4}) == WorkerEnd::study_ended);
    bench.service.with([](FakeService& service) {
        CHECK(service.finished_.size() == 40);
        CHECK(service.results_.size() == 40);
        for (const auto& [trial, attempts] : service.attempts_) {
            CHECK(attempts == 1);
            CHECK(service.steps_.at(trial) == std::vector<std::int64_t>{0, 1, 2});
        }
    });
}

TEST_CASE("a worker survives restarts of the server", "[api][client][worker]") {
    Bench bench({.trials = 40});
    std::jthread restarts([&](const std::stop_token& over) {
        while (!over.stop_requested()) {
            std::this_thread::sleep_for(50ms);
            bench.server.stop();
            std::this_thread::sleep_for(20ms);
            bench.server.start();
        }
    });
    CHECK(bench.work(
              [](const Candidate& candidate, const evaluators::Context& context) {
                  std::this_thread::sleep_for(10ms);
                  return square(candidate, context);
              },
              {.slots = 2}) == WorkerEnd::study_ended);
    restarts.request_stop();
    restarts.join();
    bench.service.with([](FakeService& service) {
        CHECK(service.finished_.size() == 40);
        CHECK(service.results_.size() == 40);
    });
}

TEST_CASE("a verdict prunes a trial, with the metrics that it has", "[api][client][worker]") {
    Bench bench(
        {.trials = 1, .judged = true, .verdict = [](int, std::int64_t step) { return step == 2; }});
    std::int64_t last = -1;
    bench.work([&](const Candidate&, const evaluators::Context& context) {
        for (std::int64_t step = 0; step < 10; ++step) {
            last = step;
            if (context.report(step, {{"loss", 1.0}}) == evaluators::Verdict::stop)
                break;
        }
        return Measurement{.metrics = {{"loss", 1.0}}};
    });
    CHECK(last == 2);
    CHECK(bench.outcome(0) == "pruned");
}

TEST_CASE("reports that nobody judges go out together and before the result",
          "[api][client][worker]") {
    std::atomic<int> requests = 0;
    Bench bench({.trials = 1, .trouble = [&](int) {
                     ++requests;
                     return Trouble::none;
                 }});
    bench.work([&](const Candidate& candidate, const evaluators::Context& context) {
        for (std::int64_t step = 0; step < 2500; ++step)
            context.report(step, {{"loss", 1.0}});
        return square(candidate, context);
    });
    bench.service.with([](FakeService& service) {
        REQUIRE(service.steps_.at(0).size() == 2500);
        for (std::int64_t step = 0; step < 2500; ++step)
            CHECK(service.steps_.at(0).at(static_cast<std::size_t>(step)) == step);
    });
    CHECK(requests < 100);
}

TEST_CASE("failures are told by their kinds", "[api][client][worker]") {
    Bench bench({.trials = 6});
    bench.work([](const Candidate& candidate, const evaluators::Context&) -> Outcome {
        return Failure{static_cast<FailureKind>(candidate.number % 5), "no"};
    });
    CHECK(bench.outcome(0) == "infeasible");
    bench.service.with([](FakeService& service) {
        for (const int trial : {1, 2, 3, 4}) {
            CHECK(service.finished_.at(trial).at("outcome") == "failed");
            CHECK(service.finished_.at(trial).at("failure_kind") ==
                  std::string(to_string(static_cast<FailureKind>(trial))));
            CHECK(service.finished_.at(trial).at("reason") == "no");
        }
    });
}

TEST_CASE("exceptions fail trials, and the third in a row ends the worker",
          "[api][client][worker]") {
    Bench bench({.trials = 9});
    CHECK_THROWS_WITH(
        bench.work([](const Candidate& candidate, const evaluators::Context& context) -> Outcome {
            if (candidate.number == 1)
                return square(candidate, context);
            throw Error(ErrorKind::unavailable, "no GPU");
        }),
        Catch::Matchers::Contains("3 times in a row, at last: no GPU"));
    bench.service.with([](FakeService& service) {
        REQUIRE(service.results_.size() == 5);
        CHECK(service.results_[0].second.at("failure_kind") == "crashed");
        CHECK(service.results_[1].second.at("outcome") == "completed");
        CHECK(service.results_[4].second.at("outcome") == "preempted");
    });
}

TEST_CASE("a result that the server does not take fails the trial", "[api][client][worker]") {
    Bench bench({.trials = 1});
    bench.service.refuse_result_ = 422;
    bench.work(square);
    bench.service.with([](FakeService& service) {
        CHECK(service.finished_.at(0).at("outcome") == "failed");
        CHECK(service.finished_.at(0).at("reason").get<std::string>().find("accuracy is missing") !=
              std::string::npos);
    });
}

TEST_CASE("weights are kept as an artifact, and a warm start is one", "[api][client][worker]") {
    Bench bench({.trials = 1});
    bench.service.warm_start_ = "0123456789abcdef0123456789abcdef";
    bench.service.artifacts_[bench.service.warm_start_] = "earlier weights";
    bench.work([](const Candidate& candidate, const evaluators::Context& context) {
        CHECK(context.load(candidate.warm_start.value()) == "earlier weights");
        context.save_weights("weights");
        return square(candidate, context);
    });
    bench.service.with([](FakeService& service) {
        CHECK(service.artifacts_.at(service.finished_.at(0).at("weights")) == "weights");
    });
}
