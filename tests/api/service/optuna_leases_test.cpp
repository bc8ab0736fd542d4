// SPDX-License-Identifier: Apache-2.0
#include "api/service/optuna_leases.h"

#include <chrono>
#include <thread>

#include "store/sqlite_store.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace std::chrono_literals;
using service::OptunaLeases;
using service::OptunaOwner;

namespace {

struct LeaseBench {
    tests::TemporaryFolder folder;
    std::unique_ptr<store::Store> kept = store::make_sqlite_store({.path = folder / "a.db"});
    store::OptunaStore& store = store::optuna_store(*kept);
    StudyId study = store.create_study("a", std::vector{Direction::minimize});

    // With so little patience that a test need not wait.
    std::unique_ptr<OptunaLeases> leases(Seconds ttl = Seconds(0.02)) {
        return std::make_unique<OptunaLeases>(
            store, service::OptunaLeaseOptions{.ttl = ttl, .look_every = 2ms});
    }
    TrialState state(store::TrialId id) const { return store.trial(id)->state; }
    void wait_for_end(store::TrialId id) const {
        const auto until = std::chrono::steady_clock::now() + 10s;
        while (state(id) == TrialState::running && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(1ms);
        REQUIRE(state(id) == TrialState::fail);
    }
    std::vector<store::OptunaChange> change(store::TrialId id, TrialState to) const {
        return {store::StateSet{.trial = id, .state = to}};
    }
};

const OptunaOwner kMe{.client = "me", .request = "1"};

}  // namespace

TEST_CASE("a trial that nobody is heard of fails, and a copy of it is queued",
          "[api][service][optuna]") {
    LeaseBench bench;
    const auto leases = bench.leases();
    store::OptunaTrial like{.state = TrialState::running};
    like.params = {{.name = "x",
                    .internal = 0.5,
                    .distribution = R"({"name": "FloatDistribution", "attributes": {"step": null, )"
                                    R"("low": 0.0, "high": 1.0, "log": false}})"}};
    like.user_attributes = {{"k", "1"}};
    like.started = now();
    const store::TrialId id = leases->create(bench.study, like, kMe);
    bench.wait_for_end(id);

    const auto trials = bench.store.trials(bench.study);
    REQUIRE(trials.size() == 2);
    CHECK(trials[1]->state == TrialState::waiting);
    CHECK(trials[1]->params == like.params);
    CHECK(trials[1]->user_attributes == like.user_attributes);
    CHECK(trials[1]->system_attributes ==
          store::Attributes{{"failed_trial", "0"}, {"retry_history", "[0]"}});
    CHECK(leases->renew(std::vector{id}) == std::vector{id});
    CHECK_THROWS_AS(leases->apply(id, bench.change(id, TrialState::complete), kMe),
                    store::FinishedTrialError);
}

TEST_CASE("a trial is retried three times", "[api][service][optuna]") {
    LeaseBench bench;
    const auto leases = bench.leases();
    store::TrialId id = leases->create(bench.study, std::nullopt, kMe);
    for (int retry = 1; retry <= 3; ++retry) {
        bench.wait_for_end(id);
        id = bench.store.find_trial(bench.study, retry);
        CHECK(bench.store.trial(id)->system_attributes.at("failed_trial") == "0");
        CHECK(leases->apply(id, bench.change(id, TrialState::running), kMe));
    }
    bench.wait_for_end(id);
    CHECK(bench.store.trials(bench.study).size() == 4);
}

TEST_CASE("heartbeats and writes keep a lease", "[api][service][optuna]") {
    LeaseBench bench;
    const auto leases = bench.leases(Seconds(0.25));
    const store::TrialId id = leases->create(bench.study, std::nullopt, kMe);
    for (int i = 0; i < 20; ++i) {
        std::this_thread::sleep_for(20ms);
        if (i % 2 == 0)
            CHECK(leases->renew(std::vector{id}).empty());
        else
            leases->apply(id, {store::ReportSet{.trial = id, .step = i, .value = 1.0}}, kMe);
    }
    CHECK(bench.state(id) == TrialState::running);
    std::vector<store::OptunaChange> done = bench.change(id, TrialState::complete);
    std::get<store::StateSet>(done[0]).values = {1.0};
    CHECK(leases->apply(id, done, kMe));
    CHECK(leases->count() == 0);
}

TEST_CASE("a request that is sent again gets the same trial", "[api][service][optuna]") {
    LeaseBench bench;
    const auto leases = bench.leases(Seconds(60));
    const store::TrialId id = leases->create(bench.study, std::nullopt, kMe);
    CHECK(leases->create(bench.study, std::nullopt, kMe) == id);
    CHECK(leases->create(bench.study, std::nullopt, OptunaOwner{"me", "2"}) != id);

    const store::TrialId queued =
        bench.store.create_trial(bench.study, store::OptunaTrial{.state = TrialState::waiting});
    const OptunaOwner first{"me", "3"};
    CHECK(leases->apply(queued, bench.change(queued, TrialState::running), first));
    CHECK(leases->apply(queued, bench.change(queued, TrialState::running), first));
    CHECK_FALSE(
        leases->apply(queued, bench.change(queued, TrialState::running), OptunaOwner{"you", "1"}));
}

TEST_CASE("leases outlive the server", "[api][service][optuna]") {
    LeaseBench bench;
    store::TrialId id{};
    {
        const auto leases = bench.leases(Seconds(60));
        id = leases->create(bench.study, std::nullopt, kMe);
    }
    {
        const auto leases = bench.leases(Seconds(60));
        CHECK(leases->renew(std::vector{id}).empty());
        CHECK(leases->create(bench.study, std::nullopt, kMe) == id);
    }
    const auto leases = bench.leases();
    bench.wait_for_end(id);
    CHECK(bench.store.trials(bench.study).size() == 2);
}

TEST_CASE("who wants no lease has none", "[api][service][optuna]") {
    LeaseBench bench;
    const auto leases = bench.leases();
    const store::TrialId id = leases->create(bench.study, std::nullopt, std::nullopt);
    CHECK(leases->count() == 0);
    std::this_thread::sleep_for(60ms);
    CHECK(bench.state(id) == TrialState::running);
}
