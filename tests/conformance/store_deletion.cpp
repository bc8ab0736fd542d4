// SPDX-License-Identifier: Apache-2.0
// What ServiceStore promises of studies that are deleted, for every store.
#include "tests/conformance/every_store.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

AuditRecord deletion() {
    return audit("study.deleted");
}

}  // namespace

STORE_TEST("a study that is deleted leaves nothing, and others all they had") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Driver stays = drive(store, "stays");
    Batch first = finished_trials(stays, 0, 3);
    first.events = {{.time = at(0), .kind = "n", .body = "{}"}};
    store.commit(first);
    const auto trials = store.trials(stays.study).size();
    const auto events = store.events(stays.study);

    const Driver gone = drive(store, "gone");
    store.commit({.driver = gone,
                  .starts = {start(0), start(1)},
                  .events = {{.time = at(0), .kind = "n", .body = "{}"}}});
    const std::vector given{attempt(0), attempt(1)};
    service.grant(gone.study, given);
    const LateReport late{.lease = given[0].lease, .time = at(1), .body = "{}"};
    service.keep_late(late);
    service.put(job("job_1", gone.study));
    store.release(gone);
    service.delete_study(gone.study, deletion());

    const auto is_unknown = [](const auto& ask) { return error_of(ask) == ErrorKind::not_found; };
    CHECK(is_unknown([&] { store.study(gone.study); }));
    CHECK(is_unknown([&] { store.find_study("gone"); }));
    CHECK(is_unknown([&] { store.trials(gone.study); }));
    CHECK(is_unknown([&] { store.attributes(gone.study); }));
    CHECK(is_unknown([&] { service.find_lease(given[0].lease); }));
    CHECK(is_unknown([&] { service.late_reports(given[0].lease); }));
    CHECK(is_unknown([&] { service.find_job("job_1"); }));
    CHECK(is_unknown([&] { service.delete_study(gone.study, deletion()); }));
    CHECK(service.jobs().empty());
    for (const StudyEvent& event : service.events_after(0, 1000))
        CHECK(event.study == stays.study);
    CHECK(store.studies().size() == 1);
    CHECK(store.trials(stays.study).size() == trials);
    CHECK(store.events(stays.study).size() == events.size());
    REQUIRE(service.audit().size() == 1);
    CHECK(service.audit().front().action == "study.deleted");

    const Driver again = drive(store, "gone");
    CHECK(again.study > gone.study);
    CHECK(store.trials(again.study).empty());
}

STORE_TEST("a study that somebody drives is not deleted") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Driver driver = drive(store, "s");
    store.commit({.driver = driver, .starts = {start(0)}});
    CHECK(error_of([&] { service.delete_study(driver.study, deletion()); }) == ErrorKind::conflict);
    CHECK(store.trials(driver.study).size() == 1);
    CHECK(service.audit().empty());
    store.release(driver);
    service.delete_study(driver.study, deletion());
    CHECK(store.studies().empty());
}

STORE_TEST("weights go with the last study that has them") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Artifact shared = artifact("shared");
    const Artifact own = artifact("own");
    std::vector<Driver> drivers;
    for (const char* name : {"a", "b"}) {
        const Driver driver = drive(store, name);
        TrialFinish first = finish(0);
        first.weights = shared.id;
        Batch batch{.driver = driver, .starts = {start(0)}, .finishes = {first}};
        batch.artifacts = {shared};
        if (drivers.empty()) {
            TrialFinish second = finish(1);
            second.weights = own.id;
            batch.starts.push_back(start(1));
            batch.finishes.push_back(second);
            batch.artifacts.push_back(own);
        }
        store.commit(batch);
        store.release(driver);
        drivers.push_back(driver);
    }
    service.delete_study(drivers[0].study, deletion());
    CHECK(store.artifact(shared.id) == "shared");
    CHECK(error_of([&] { store.artifact(own.id); }) == ErrorKind::not_found);
    service.delete_study(drivers[1].study, deletion());
    CHECK(error_of([&] { store.artifact(shared.id); }) == ErrorKind::not_found);
}

STORE_TEST("a result of a deleted study is not used again") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    TrialFinish result = finish(0);
    result.reuse_key = hash_bytes("key");
    store.commit({.driver = driver, .starts = {start(0)}, .finishes = {result}});
    store.release(driver);
    CHECK(store.find_result(*result.reuse_key));
    service_store(store).delete_study(driver.study, deletion());
    CHECK_FALSE(store.find_result(*result.reuse_key));
}
