// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_store.h"

#include <set>
#include <thread>

#include <sqlite3.h>

#include "tests/store/raw_sql.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

std::set<std::string> files_in(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

Batch full_batch(const Driver& driver) {
    Batch batch = finished_trials(driver, 0, 3);
    batch.starts.push_back(start(3));
    batch.reports = {{3, 1, 0.5}};
    batch.front = std::vector<TrialNumber>{2};
    batch.hypervolume = 1.5;
    batch.artifacts = {artifact("weights")};
    batch.events = {{.time = at(1), .kind = "k", .body = "{}"}};
    batch.state = StudyState::stopped;
    batch.state_reason = "by the user";
    return batch;
}

void check_full_batch(const Store& store, StudyId id) {
    CHECK(store.study(id).state == StudyState::stopped);
    CHECK(store.study(id).state_reason == "by the user");
    const auto trials = store.trials(id);
    REQUIRE(trials.size() == 4);
    CHECK(trials[2].params == start(2).params);
    CHECK(trials[2].values == finish(2).values);
    CHECK(trials[3].state == TrialState::running);
    CHECK(trials[3].reports.at(1) == 0.5);
    CHECK(store.front(id) == std::vector<TrialNumber>{2});
    CHECK(store.artifact(artifact("weights").id) == "weights");
    CHECK(store.events(id).size() == 1);
}

}  // namespace

TEST_CASE("a store that is opened again shows the same", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    Driver driver;
    {
        const auto store = make_sqlite_store({.path = path});
        driver = drive(*store, "s");
        store->commit(full_batch(driver));
    }
    const StudyId id = driver.study;
    CHECK(files_in(folder.path()) == std::set<std::string>{"store.db"});
    for (const auto mode : {OpenMode::create, OpenMode::existing, OpenMode::read_only}) {
        const auto store = make_sqlite_store({.path = path, .mode = mode});
        check_full_batch(*store, id);
    }
    // The driver outlives the program that opened the store.
    const auto store = make_sqlite_store({.path = path});
    store->commit({.driver = driver, .finishes = {finish(3)}});
    CHECK(store->trial(id, 3).state == TrialState::complete);
}

TEST_CASE("a file that is not there is made only on request", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    for (const auto mode : {OpenMode::existing, OpenMode::read_only})
        CHECK(error_of([&] { make_sqlite_store({.path = path, .mode = mode}); }) ==
              ErrorKind::not_found);
    CHECK(error_of([&] { make_sqlite_store({.path = folder / "no" / "store.db"}); }) ==
          ErrorKind::not_found);
    CHECK(error_of([&] { make_sqlite_store({.path = folder.path()}); }) ==
          ErrorKind::invalid_input);
    CHECK(files_in(folder.path()).empty());
    const auto in_proc = [] { make_sqlite_store({.path = "/proc/parnas-store.db"}); };
    CHECK(error_of(in_proc) == ErrorKind::unavailable);
    CHECK_THAT(message_of(in_proc), Catch::Contains("/proc/parnas-store.db"));
}

TEST_CASE("a store opened for reading makes no files and refuses to write", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "a store?#%.db";
    StudyId id{};
    {
        const auto store = make_sqlite_store({.path = path});
        const Driver driver = drive(*store, "s");
        id = driver.study;
        store->commit(full_batch(driver));
    }
    const auto before = files_in(folder.path());
    {
        const auto store = make_sqlite_store({.path = path, .mode = OpenMode::read_only});
        check_full_batch(*store, id);
        CHECK(files_in(folder.path()) == before);
        CHECK(error_of([&] { store->create_study(spec("t")); }) == ErrorKind::conflict);
        CHECK(error_of([&] { store->commit({}); }) == ErrorKind::conflict);
    }
    CHECK(files_in(folder.path()) == before);
}

TEST_CASE("a store opened for reading follows what others write", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    make_sqlite_store({.path = path});
    const auto reader = make_sqlite_store({.path = path, .mode = OpenMode::read_only});
    CHECK(reader->studies().empty());
    {
        const auto writer = make_sqlite_store({.path = path});
        CHECK(reader->studies().empty());
        const Driver driver = drive(*writer, "s");
        writer->commit(finished_trials(driver, 0, 2));
        CHECK(reader->trials(driver.study).size() == 2);
        writer->commit(finished_trials(driver, 2, 2));
        CHECK(reader->trials(driver.study).size() == 4);
    }
    CHECK(reader->studies().at(0).trials == 4);
}

TEST_CASE("two stores on one file share studies and fence each other", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto a = make_sqlite_store({.path = folder / "store.db"});
    const auto b = make_sqlite_store({.path = folder / "store.db"});
    const StudyId id = a->create_study(spec("s"));
    const Driver first = a->acquire_study(id, holder(1), Seconds(0));
    const Driver second = b->acquire_study(id, holder(2), Seconds(600));
    CHECK(error_of([&] { a->commit({.driver = first, .starts = {start(0)}}); }) ==
          ErrorKind::conflict);
    b->commit({.driver = second, .starts = {start(0)}});
    CHECK(a->trials(id).size() == 1);
    CHECK(error_of([&] { b->create_study(spec("s")); }) == ErrorKind::conflict);
}

TEST_CASE("a commit extends the driver's claim", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    const auto store = make_sqlite_store({.path = path});
    const Driver driver = drive(*store, "s");
    const StudyId id = driver.study;
    const auto make_late = [&] {
        RawSql(path).run("UPDATE parnas_studies SET driver_expires = '2000-01-01 00:00:00.000000'");
    };
    make_late();
    store->commit({.driver = driver});  // nobody else came
    CHECK(error_of([&] { store->acquire_study(id, holder(2), Seconds(1)); }) ==
          ErrorKind::conflict);
    make_late();
    store->renew(driver);
    CHECK(error_of([&] { store->acquire_study(id, holder(2), Seconds(1)); }) ==
          ErrorKind::conflict);
    make_late();
    store->acquire_study(id, holder(2), Seconds(1));
}

TEST_CASE("a lock that another program keeps is named, and waited for", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    const auto store =
        make_sqlite_store({.path = path, .busy_timeout = std::chrono::milliseconds(20)});
    const Driver driver = drive(*store, "s");
    const StudyId id = driver.study;
    {
        const RawSql other(path);
        other.run("BEGIN IMMEDIATE");
        const auto commit = [&] { store->commit({.driver = driver, .starts = {start(0)}}); };
        CHECK(error_of(commit) == ErrorKind::unavailable);
        CHECK_THAT(message_of(commit), Catch::Contains("lock") && Catch::Contains(path.string()));
        CHECK(store->trials(id).empty());
    }
    store->commit({.driver = driver, .starts = {start(0)}});
    CHECK(store->trials(id).size() == 1);
}

TEST_CASE("files of other versions and programs are refused with what to do", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    make_sqlite_store({.path = path});
    const auto refusal = [&](const std::string& sql) {
        RawSql(path).run(sql);
        const auto read = [&] { make_sqlite_store({.path = path, .mode = OpenMode::read_only}); };
        const auto write = [&] { make_sqlite_store({.path = path}); };
        CHECK(error_of(write) == error_of(read));
        CHECK(message_of(write) == message_of(read));
        return std::pair(error_of(write), message_of(write));
    };
    const auto [newer, newer_text] = refusal("UPDATE parnas_meta SET schema_version = 4");
    CHECK(newer == ErrorKind::conflict);
    CHECK_THAT(newer_text, Catch::Contains("newer parnas"));
    RawSql(path).run("UPDATE parnas_meta SET schema_version = 3");

    const auto [old, old_text] = refusal("UPDATE alembic_version SET version_num = 'v3.0.0.d'");
    CHECK(old == ErrorKind::conflict);
    CHECK_THAT(old_text,
               Catch::Contains("Optuna 3.0 or 3.1") &&
                   Catch::Contains("optuna storage upgrade --storage sqlite:///"));
    const auto [unknown, unknown_text] =
        refusal("UPDATE alembic_version SET version_num = 'v9.0.0.a'");
    CHECK(unknown == ErrorKind::conflict);
    CHECK_THAT(unknown_text, Catch::Contains("v9.0.0.a"));
    CHECK(refusal("DROP TABLE alembic_version").first == ErrorKind::conflict);
    CHECK(refusal("DROP TABLE studies").first == ErrorKind::damaged);
}

TEST_CASE("ids of deleted studies and trials are not given again", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    const auto store = make_sqlite_store({.path = path});
    const Driver gone = drive(*store, "gone");
    store->commit(full_batch(gone));
    store->commit({.driver = gone, .phases = {phase(0, "checkpoint")}});
    const RawSql sql(path);
    const auto last_trial = sql.integer("SELECT max(trial_id) FROM trials");
    sql.run("DELETE FROM trials; DELETE FROM studies");
    for (const char* table :
         {"parnas_studies", "parnas_trials", "parnas_phases", "parnas_fronts", "parnas_events"})
        CHECK(sql.integer(std::string("SELECT count(*) FROM ") + table) == 0);

    const Driver next = drive(*store, "next");
    CHECK(next.study > gone.study);
    store->commit({.driver = next, .starts = {start(0)}});
    CHECK(sql.integer("SELECT min(trial_id) FROM trials") > last_trial);
    CHECK(error_of([&] { store->study(gone.study); }) == ErrorKind::not_found);
}
