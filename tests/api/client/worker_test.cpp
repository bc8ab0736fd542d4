// SPDX-License-Identifier: Apache-2.0
#include "api/client/worker.h"

#include <array>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "api/client/service_error.h"
#include "tests/api/client/fake_service.h"
#include "tests/support/catch.h"
#include "tests/support/fake_evaluators.h"
#include "tests/support/spaces.h"

using namespace parnas;
using namespace parnas::client;
using namespace parnas::tests;
using namespace std::chrono_literals;

namespace {

class Heard : public WorkerObserver {
  public:
    void registered(const WorkerCard&, const Registration&) override { ++registrations; }
    void trial_started(const LeaseGrant&) override { ++started; }
    void trial_ended(const LeaseGrant& lease,
                     const TrialResult& result,
                     const std::string&) override {
        const std::lock_guard lock(mutex);
        ended.emplace(lease.trial, to_string(result.kind));
    }
    void lease_lost(const LeaseGrant& lease, const std::string&) override {
        const std::lock_guard lock(mutex);
        lost.insert(lease.trial);
    }
    void waiting(const std::string&) override {}

    std::atomic<int> registrations = 0;
    std::atomic<int> started = 0;
    std::mutex mutex;
    std::multimap<TrialNumber, std::string> ended;
    std::set<TrialNumber> lost;
};

Outcome square(const Candidate& candidate, const evaluators::Context&) {
    const double x = std::get<double>(candidate.genotype.values.at(0));
    return Measurement{.metrics = {{"loss", x * x}}, .cost = Seconds(0.5)};
}

// Until it is told to stop, at most five seconds.
Outcome wait_for_stop(const evaluators::Context& context) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!context.stop.stop_requested() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(2ms);
    return Failure{FailureKind::cancelled, "stopped"};
}

// A worker, its service, and what came of it.
class Bench {
  public:
    explicit Bench(FakeService::Options settings) : service(std::move(settings)), server(service) {}

    WorkerEnd work(FakeEvaluator::Function evaluate, WorkerOptions options = {}) {
        HttpClient http({.url = server.url(), .first_delay = Seconds(0.005), .seed = 7});
        ServiceClient client(http);
        const auto evaluator =
            std::make_shared<FakeEvaluator>(std::vector<std::string>{"loss"}, std::move(evaluate));
        const auto space =
            std::make_shared<FakeSpace>(FakeSpace::Parts{.params = {real("x", 0.0, 1.0)}});
        options.card.name = "bench";
        if (!options.study)
            options.study = "digits";
        options.wait = Seconds(1.0);
        options.first_contact = Seconds(5.0);
        return run_worker({.client = client,
                           .make_parts =
                               [&](const StudyView& study) {
                                   ++made;
                                   CHECK(study.name == "digits");
                                   return StudyParts{.space = space, .evaluator = evaluator};
                               },
                           .observer = heard},
                          options,
                          stop.get_token());
    }

    std::string outcome(int trial) {
        return service.with([&](FakeService& each) {
            return each.finished_.at(trial).at("outcome").get<std::string>();
        });
    }

    FakeService service;
    FakeServer server;
    Heard heard;
    std::stop_source stop;
    std::atomic<int> made = 0;
};

}  // namespace

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

TEST_CASE("heartbeats keep the leases of all slots", "[api][client][worker]") {
    Bench bench({.trials = 3, .ttl_s = 0.3});
    bench.work(
        [](const Candidate& candidate, const evaluators::Context& context) {
            std::this_thread::sleep_for(500ms);
            return square(candidate, context);
        },
        {.slots = 3});
    bench.service.with([](FakeService& service) {
        for (const int trial : {0, 1, 2})
            CHECK(service.beats_[trial] >= 3);
    });
}

TEST_CASE("an evaluation whose lease is lost ends and says nothing more", "[api][client][worker]") {
    Bench bench({.trials = 1, .heartbeat_s = 0.05});
    int attempts = 0;
    bench.work([&](const Candidate& candidate, const evaluators::Context& context) -> Outcome {
        if (++attempts > 1)
            return square(candidate, context);
        bench.service.with([](FakeService& service) {
            service.supersede(0);  // another worker has it, and loses it
            service.offer(0);
        });
        wait_for_stop(context);
        return Measurement{.metrics = {{"loss", -1.0}}};
    });
    CHECK(bench.heard.lost == std::set<TrialNumber>{0});
    bench.service.with([](FakeService& service) {
        CHECK(service.results_.size() == 1);
        CHECK(service.finished_.at(0).at("metrics").at("loss") == 0.0);
    });
}

TEST_CASE("an evaluation that the server wants to end is given back", "[api][client][worker]") {
    Bench bench({.trials = 1, .heartbeat_s = 0.05});
    int attempts = 0;
    bench.work([&](const Candidate& candidate, const evaluators::Context& context) {
        if (++attempts > 1)
            return square(candidate, context);
        bench.service.with([](FakeService& service) { service.should_stop_ = true; });
        Outcome outcome = wait_for_stop(context);
        bench.service.with([](FakeService& service) { service.should_stop_ = false; });
        return outcome;
    });
    bench.service.with([](FakeService& service) {
        REQUIRE(service.results_.size() == 2);
        CHECK(service.results_[0].second.at("outcome") == "preempted");
        CHECK(service.results_[1].second.at("outcome") == "completed");
    });
}

TEST_CASE("a worker that is stopped gives back what it evaluates, within a second",
          "[api][client][worker]") {
    Bench bench({.trials = 2});
    std::atomic<int> running = 0;
    std::chrono::steady_clock::time_point stopped;
    std::jthread stopper([&] {
        while (running < 2)
            std::this_thread::sleep_for(1ms);
        stopped = std::chrono::steady_clock::now();
        bench.stop.request_stop();
    });
    // The third slot waits for a lease.
    CHECK(bench.work(
              [&](const Candidate&, const evaluators::Context& context) {
                  ++running;
                  return wait_for_stop(context);
              },
              {.slots = 3}) == WorkerEnd::interrupted);
    CHECK(std::chrono::steady_clock::now() - stopped < 2s);
    bench.service.with([](FakeService& service) {
        CHECK(service.finished_.empty());
        CHECK(service.waiting_.size() == 2);
    });
}

TEST_CASE("a lease that a stopped worker was about to get is given back", "[api][client][worker]") {
    Bench bench({.trials = 1});
    bench.service.grant_delay_ = 300ms;
    std::jthread stopper([&] {
        while (bench.service.with([](FakeService& service) { return service.leases_.empty(); }))
            std::this_thread::sleep_for(1ms);
        std::this_thread::sleep_for(50ms);
        bench.stop.request_stop();
    });
    CHECK(bench.work(square) == WorkerEnd::interrupted);
    bench.service.with([](FakeService& service) {
        REQUIRE(service.results_.size() == 1);
        CHECK(service.results_[0].second.at("outcome") == "preempted");
        CHECK(service.waiting_ == std::deque<int>{0});
    });
}

TEST_CASE("a worker that is stopped lets evaluations end within its grace",
          "[api][client][worker]") {
    Bench bench({.trials = 5});
    CHECK(bench.work(
              [&](const Candidate& candidate, const evaluators::Context& context) {
                  bench.stop.request_stop();
                  std::this_thread::sleep_for(50ms);
                  return context.stop.stop_requested() ? wait_for_stop(context)
                                                       : square(candidate, context);
              },
              {.grace = Seconds(10.0)}) == WorkerEnd::interrupted);
    CHECK(bench.outcome(0) == "completed");
    bench.service.with([](FakeService& service) { CHECK(service.results_.size() == 1); });
}

TEST_CASE("a worker takes as many trials as it may", "[api][client][worker]") {
    Bench bench({.trials = 9});
    CHECK(bench.work(square, {.slots = 2, .max_trials = 3}) == WorkerEnd::max_trials);
    bench.service.with([](FakeService& service) { CHECK(service.finished_.size() == 3); });
}

TEST_CASE("a worker without work ends after its time", "[api][client][worker]") {
    Bench bench({.trials = 1});
    bench.service.waits_for_others_ = true;
    CHECK(bench.work(square, {.slots = 2, .idle_exit = Seconds(0.1)}) == WorkerEnd::idle);
    CHECK(bench.outcome(0) == "completed");
}

TEST_CASE("a worker that the server drains ends its trial and takes no other",
          "[api][client][worker]") {
    Bench bench({.trials = 5, .heartbeat_s = 0.05});
    CHECK(bench.work([&](const Candidate& candidate, const evaluators::Context& context) {
        bench.service.with([](FakeService& service) { service.drain_ = true; });
        std::this_thread::sleep_for(200ms);
        return square(candidate, context);
    }) == WorkerEnd::drained);
    bench.service.with([](FakeService& service) { CHECK(service.finished_.size() == 1); });
}

TEST_CASE("a server with another store is enrolled with again", "[api][client][worker]") {
    Bench bench({.trials = 4});
    bench.work(
        [&](const Candidate& candidate, const evaluators::Context& context) {
            if (candidate.number == 0)
                bench.service.with([](FakeService& service) { service.workers_.emplace_back(); });
            return square(candidate, context);
        },
        {.slots = 2});
    CHECK(bench.heard.registrations == 2);
    bench.service.with([](FakeService& service) { CHECK(service.finished_.size() == 4); });
}

TEST_CASE("a study that does not exist is an error at once", "[api][client][worker]") {
    Bench bench({.trials = 1});
    try {
        bench.work(square, {.study = "nonesuch"});
        FAIL("it works");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::not_found);
    }
    bench.service.with([](FakeService& service) { CHECK(service.workers_.empty()); });
}

TEST_CASE("a candidate that is none of the space gives the trial back and ends the worker",
          "[api][client][worker]") {
    Bench bench({.trials = 101});
    bench.service.with([](FakeService& service) { service.waiting_ = {3, 200}; });
    CHECK_THROWS_AS(bench.work(square), Error);
    bench.service.with([](FakeService& service) {
        REQUIRE(service.results_.size() == 2);
        CHECK(service.results_[1].second.at("outcome") == "preempted");
    });
}
