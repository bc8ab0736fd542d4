// SPDX-License-Identifier: Apache-2.0
#include "api/service/leases.h"

#include <future>
#include <set>

#include "tests/api/service/hosted_studies.h"

namespace parnas::service {
namespace {

using store::AttemptState;

ErrorKind kind_of_error(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("nothing was thrown");
    return ErrorKind::internal;
}

}  // namespace

TEST_CASE("a lease is in the store before its worker has it, and its result before it is answered",
          "[api][leases]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store);
    const StudyId study = hosting.create("one", 3);
    hosting.host.drive(study, {});
    const Granted granted = hosting.take(study);
    REQUIRE(granted.leases.size() == 1);
    const GrantedLease& lease = granted.leases[0];
    const auto& kept = store::service_store(*store);
    CHECK(kept.find_lease(lease.attempt.lease).state == AttemptState::open);
    CHECK(hosting.finish(lease) == TrialState::complete);
    CHECK(kept.find_lease(lease.attempt.lease).state == AttemptState::ok);
    CHECK(store->trial(study, lease.attempt.number).state == TrialState::complete);
}

TEST_CASE("a result that is sent again, also at the same time, gives the same answer",
          "[api][leases]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store);
    const StudyId study = hosting.create("one", 20);
    hosting.host.drive(study, {});
    for (int i = 0; i < 20; ++i) {
        const GrantedLease lease = hosting.take(study).leases.at(0);
        auto twin = std::async(std::launch::async, [&] { return hosting.finish(lease); });
        CHECK(hosting.finish(lease) == TrialState::complete);
        CHECK(twin.get() == TrialState::complete);
        CHECK(hosting.finish(lease) == TrialState::complete);
    }
    wait_for_end(hosting.host, study);
    CHECK(hosting.take(study).reason == NoTrial::study_ended);
    CHECK(store->study(study).state == store::StudyState::complete);
}

TEST_CASE("a study's leases last, and its trials are tried, as its job says", "[api][leases]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store);
    const StudyId study =
        hosting.create("one", 1, ", lease: {ttl: 100ms}, retry: {max_attempts: 1}");
    hosting.host.drive(study, {});
    const GrantedLease lease = hosting.take(study).leases.at(0);
    CHECK(lease.attempt.ttl == Seconds(0.1));
    CHECK(hosting.leases.renew(lease.attempt.lease, 1).expires_in == Seconds(0.1));
    hosting.take(study);  // asks for the trial, which is lost then
    wait_for_end(hosting.host, study);
    CHECK(hosting.take(study).reason == NoTrial::study_ended);
    const store::TrialRecord trial = store->trial(study, lease.attempt.number);
    CHECK(trial.state == TrialState::fail);
    CHECK_THAT(trial.failure.value().reason, Catch::StartsWith("1 worker was lost"));
}

TEST_CASE("a worker without a study's name gets trials of all studies by turns", "[api][leases]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store);
    for (const char* name : {"one", "two", "three"})
        hosting.host.drive(hosting.create(name, 2), {});
    std::multiset<std::string> names;
    for (int i = 0; i < 6; ++i) {
        const GrantedLease lease = hosting.take(std::nullopt).leases.at(0);
        names.insert(lease.study->name());
        hosting.finish(lease);
    }
    CHECK(names == std::multiset<std::string>{"one", "one", "three", "three", "two", "two"});
}

TEST_CASE("leases and results survive the end of the server", "[api][leases]") {
    const auto store = store::make_memory_store();
    std::vector<GrantedLease> leases;
    StudyId study{};
    {
        Hosting before(*store);
        study = before.create("one", 2);
        before.host.drive(study, {});
        for (int i = 0; i < 2; ++i)
            leases.push_back(before.take(study).leases.at(0));
        before.finish(leases[0]);
    }
    for (GrantedLease& lease : leases)
        lease.study.reset();
    Hosting after(*store);
    CHECK(kind_of_error([&] { after.finish(leases[1]); }) == ErrorKind::unavailable);
    after.host.drive(study, {});
    const std::string lease = leases[1].attempt.lease;
    std::optional<Beat> beat;
    while (!beat) {
        try {
            beat = after.leases.renew(lease, 1);
        } catch (const Error& error) {
            REQUIRE(error.kind() == ErrorKind::unavailable);  // the driver is on its way
        }
    }
    CHECK(beat->expires_in == Seconds(60.0));
    CHECK(after.finish(leases[0]) == TrialState::complete);
    CHECK(after.finish(leases[1]) == TrialState::complete);
    wait_for_end(after.host, study);
    CHECK(store->trials(study).size() == 2);
    CHECK(store->trial(study, 1).attempt == 1);
}

TEST_CASE("nothing of a lease is heard after another worker got the trial", "[api][leases]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store, Seconds(0.002));
    const StudyId study = hosting.create("one", 1);
    hosting.host.drive(study, {});
    const GrantedLease first = hosting.take(study).leases.at(0);
    const GrantedLease second = hosting.take(study).leases.at(0);
    CHECK(second.attempt.number == first.attempt.number);
    CHECK(second.attempt.attempt == 2);
    CHECK(kind_of_error([&] { hosting.finish(first); }) == ErrorKind::conflict);
    CHECK(kind_of_error([&] { hosting.leases.renew(first.attempt.lease, 1); }) ==
          ErrorKind::conflict);
    CHECK(kind_of_error([&] { hosting.leases.report(first.attempt.lease, 1, {}); }) ==
          ErrorKind::conflict);
    CHECK(hosting.finish(second) == TrialState::complete);
    CHECK(kind_of_error([&] { hosting.finish(first); }) == ErrorKind::conflict);
}

TEST_CASE("a lease of a search that was ended is nobody's, also for the next server",
          "[api][leases]") {
    const auto store = store::make_memory_store();
    std::string lease;
    StudyId study{};
    {
        Hosting before(*store);
        study = before.create("one", 1);
        before.host.drive(study, {});
        lease = before.take(study).leases.at(0).attempt.lease;
        store::service_store(*store).put(store::JobRecord{.id = "job_ended",
                                                          .study = study,
                                                          .kind = "search",
                                                          .state = store::JobState::cancelled,
                                                          .document = "{}",
                                                          .ended = now()});
        before.host.stop(study);
        wait_for_end(before.host, study);
        CHECK(before.leases.renew(lease, 1).should_stop);
        CHECK(kind_of_error([&] {
                  before.leases.settle(before.leases.hand_in(lease, 1, std::nullopt));
              }) == ErrorKind::conflict);
    }
    Hosting after(*store);
    CHECK(kind_of_error([&] { after.leases.renew(lease, 1); }) == ErrorKind::conflict);
}

TEST_CASE("a lease with another's fence is nobody's", "[api][leases]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store);
    const StudyId study = hosting.create("one", 1);
    hosting.host.drive(study, {});
    const std::string lease = hosting.take(study).leases.at(0).attempt.lease;
    CHECK(kind_of_error([&] { hosting.leases.renew(lease, 2); }) == ErrorKind::conflict);
    CHECK(kind_of_error([&] { hosting.leases.renew("lse_unknown", 1); }) == ErrorKind::not_found);
}

TEST_CASE("who gets nothing is told why", "[api][leases]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store);
    const auto ask = [&](std::optional<StudyId> study) {
        return hosting.leases
            .take({.worker = "wrk_1", .study = study, .until = Clock::now()}, {}, {})
            .reason;
    };
    CHECK(ask(std::nullopt) == NoTrial::no_study);
    const StudyId study = hosting.create("one", 1);
    CHECK(ask(study) == NoTrial::no_study);
    hosting.host.drive(study, {.paused = true});
    CHECK(ask(study) == NoTrial::paused);
    hosting.host.pause(study, false);
    const GrantedLease lease = hosting.take(study).leases.at(0);
    CHECK(ask(study) == NoTrial::waiting_for_results);
    CHECK(ask(std::nullopt) == NoTrial::waiting_for_results);
    hosting.finish(lease);
    wait_for_end(hosting.host, study);
    CHECK(ask(study) == NoTrial::study_ended);
    CHECK(ask(std::nullopt) == NoTrial::no_study);
}

}  // namespace parnas::service
