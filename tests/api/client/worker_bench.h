// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/client/worker.h"
#include "tests/api/client/fake_service.h"
#include "tests/support/catch.h"
#include "tests/support/fake_evaluators.h"
#include "tests/support/spaces.h"

namespace parnas::tests {

using namespace std::chrono_literals;

class Heard : public client::WorkerObserver {
  public:
    void registered(const client::WorkerCard&, const client::Registration&) override {
        ++registrations;
    }
    void trial_started(const client::LeaseGrant&) override { ++started; }
    void trial_ended(const client::LeaseGrant& lease,
                     const client::TrialResult&,
                     const std::string&) override {
        const std::lock_guard lock(mutex);
        ended.insert(lease.trial);
    }
    void lease_lost(const client::LeaseGrant& lease, const std::string&) override {
        const std::lock_guard lock(mutex);
        lost.insert(lease.trial);
    }
    void waiting(const std::string&) override {}

    std::atomic<int> registrations = 0;
    std::atomic<int> started = 0;
    std::mutex mutex;
    std::multiset<TrialNumber> ended;
    std::set<TrialNumber> lost;
};

inline Outcome square(const Candidate& candidate, const evaluators::Context&) {
    const double x = std::get<double>(candidate.genotype.values.at(0));
    return Measurement{.metrics = {{"loss", x * x}}, .cost = Seconds(0.5)};
}

// Until it is told to stop, at most five seconds.
inline Outcome wait_for_stop(const evaluators::Context& context) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!context.stop.stop_requested() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(2ms);
    return Failure{FailureKind::cancelled, "stopped"};
}

// A worker, its service, and what came of it.
class Bench {
  public:
    explicit Bench(FakeService::Options settings) : service(std::move(settings)), server(service) {}

    client::WorkerEnd work(FakeEvaluator::Function evaluate, client::WorkerOptions options = {}) {
        client::HttpClient http({.url = server.url(), .first_delay = Seconds(0.005), .seed = 7});
        client::ServiceClient service_client(http);
        const auto evaluator =
            std::make_shared<FakeEvaluator>(std::vector<std::string>{"loss"}, std::move(evaluate));
        const auto space =
            std::make_shared<FakeSpace>(FakeSpace::Parts{.params = {real("x", 0.0, 1.0)}});
        options.card.name = "bench";
        if (!options.study)
            options.study = "digits";
        options.wait = Seconds(1.0);
        options.first_contact = Seconds(5.0);
        return client::run_worker({.client = service_client,
                                   .make_parts =
                                       [&](const client::StudyView& study) {
                                           ++made;
                                           CHECK(study.name == "digits");
                                           return client::StudyParts{.space = space,
                                                                     .evaluator = evaluator};
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

}  // namespace parnas::tests
