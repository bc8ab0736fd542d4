// SPDX-License-Identifier: Apache-2.0
#include <deque>

#include "tests/api/client/worker_bench.h"

using namespace parnas;
using namespace parnas::client;
using namespace parnas::tests;

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

TEST_CASE("a worker that is stopped while the server is busy ends as if it were not",
          "[api][client][worker]") {
    const Trouble busy = GENERATE(Trouble::unheard, Trouble::lost);
    std::atomic<int> requests = 0;
    Bench bench({.trials = 0, .trouble = [&](int number) {
                     requests = number;
                     return number < 2 ? Trouble::none
                                       : busy;  // the study and the worker come first
                 }});
    std::jthread stopper([&] {
        while (requests < 5)
            std::this_thread::sleep_for(1ms);
        bench.stop.request_stop();
    });
    CHECK(bench.work(square, {.slots = 2}) == WorkerEnd::interrupted);
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
