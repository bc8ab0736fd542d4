// SPDX-License-Identifier: Apache-2.0
#include "api/service/store_watch.h"

#include <vector>

#include "store/sqlite_store.h"
#include "tests/api/service/hosted_studies.h"
#include "tests/store/faulty_disk.h"
#include "tests/store/samples.h"

namespace parnas::service {
namespace {

using store::samples::FaultyDisk;

// A server's parts over a file whose disk can fail.
struct OnDisk {
    FaultyDisk disk;
    store::samples::TemporaryFolder folder;
    std::unique_ptr<store::Store> store = store::make_sqlite_store({.path = folder / "store.db"});
    store::ServiceStore& kept = store::service_store(*store);
};

template <typename Holds>
bool comes_true(const Holds& holds) {
    const auto end = Clock::now() + std::chrono::seconds(20);
    while (!holds() && Clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return holds();
}

}  // namespace

TEST_CASE("a watch writes only when it is asked, or to see whether a fault has passed",
          "[api][store_watch]") {
    OnDisk on;
    std::vector<bool> told;
    StoreWatch watch(on.kept, [&](const auto& trouble) { told.push_back(trouble.has_value()); });
    on.disk.failure = SQLITE_FULL;
    watch.look();
    CHECK(on.disk.failed == 0);
    CHECK_FALSE(watch.trouble());
    watch.look();
    CHECK(on.disk.failed == 1);
    CHECK(watch.trouble());
    watch.look();
    CHECK(told == std::vector{true});
    on.disk.failure = SQLITE_OK;
    watch.look();
    CHECK_FALSE(watch.trouble());
    CHECK(told == std::vector{true, false});
}

TEST_CASE("a disk that failed is not written again, whoever looks", "[api][store_watch]") {
    OnDisk on;
    StoreWatch watch(on.kept);
    watch.trouble();
    on.disk.failure = SQLITE_IOERR_FSYNC;
    for (int i = 0; i < 3; ++i)
        watch.look();
    on.disk.failure = SQLITE_OK;
    watch.look();
    CHECK(watch.trouble());
    CHECK(on.disk.failed == 1);
}

TEST_CASE("a result on a full disk is refused and taken when there is space, by the same lease",
          "[api][store_watch]") {
    OnDisk on;
    Hosting hosting(*on.store);
    StoreWatch watch(on.kept);
    const StudyId study = hosting.create("one", 3);
    hosting.host.drive(study, {});
    const Granted granted = hosting.take(study);
    REQUIRE(granted.leases.size() == 1);
    const GrantedLease& lease = granted.leases.front();
    on.disk.failure = SQLITE_FULL;
    CHECK_THROWS_AS(hosting.finish(lease), store::StorageError);
    CHECK(comes_true([&] { return hosting.host.find(study)->trouble().has_value(); }));
    CHECK_THROWS_AS(hosting.finish(lease), store::StorageError);
    // Nobody loses a lease meanwhile.
    CHECK(hosting.leases.renew(lease.attempt.lease, lease.attempt.attempt).worker == "wrk_1");
    CHECK(on.store->trial(study, 0).state == TrialState::running);
    on.disk.failure = SQLITE_OK;
    watch.look();
    CHECK(comes_true([&] {
        try {
            return hosting.finish(lease) == TrialState::complete;
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::unavailable);
            return false;
        }
    }));
    CHECK(on.store->trial(study, 0).state == TrialState::complete);
    CHECK(on.kept.attempts(study, 0).size() == 1);
}

TEST_CASE("a host whose store failed for good stops all the same", "[api][store_watch]") {
    OnDisk on;
    Hosting hosting(*on.store);
    const StudyId study = hosting.create("one", 3);
    hosting.host.drive(study, {});
    const Granted granted = hosting.take(study);
    REQUIRE(granted.leases.size() == 1);
    on.disk.failure = SQLITE_IOERR_FSYNC;
    CHECK_THROWS_AS(hosting.finish(granted.leases.front()), store::StorageError);
    CHECK(comes_true([&] { return hosting.host.find(study)->trouble().has_value(); }));
    hosting.host.stop_all();
    CHECK(hosting.host.driven().empty());
}

}  // namespace parnas::service
