// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include "store/sqlite_file.h"
#include "store/sqlite_store.h"
#include "tests/store/raw_sql.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

// A sound store with one of everything.
void write_store(const std::filesystem::path& path) {
    const auto store = make_sqlite_store({.path = path});
    const Driver driver = drive(*store, "s");
    Batch batch = finished_trials(driver, 0, 4);
    batch.starts.push_back(start(4));
    batch.finishes.push_back(failure(4, FailureKind::timed_out, "60 s"));
    batch.finishes[2].reused_from = 1;
    batch.artifacts = {artifact("weights"), checkpoint("supernet")};
    batch.phases = {phase(0, "supernet")};
    batch.front = std::vector<TrialNumber>{1};
    batch.events = {{.time = at(1), .kind = "one", .body = "{}"},
                    {.time = at(2), .kind = "two", .body = "{}"}};
    batch.state = StudyState::complete;
    store->commit(batch);
    store->commit({.driver = driver, .front = std::vector<TrialNumber>{1, 3}});
    store->release(driver);
}

// A sound store with an open lease, one that is over and got a late report, and an answer.
void write_leases(const std::filesystem::path& path) {
    const auto store = make_sqlite_store({.path = path});
    ServiceStore& service = service_store(*store);
    const Driver driver = drive(*store, "s");
    store->commit({.driver = driver, .starts = {start(0), start(1)}, .answers = {answer("k")}});
    const std::vector given{attempt(0), attempt(1)};
    service.grant(driver.study, given);
    store->commit({.driver = driver,
                   .attempt_ends = {end_of(attempt(0), AttemptState::ok)},
                   .finishes = {failure(0, FailureKind::crashed, "signal 9")}});
    service.keep_late({.lease = attempt(0).lease, .time = at(99), .body = "{}"});
    service.put(worker("wrk_1"));
    service.put(token("tok_1", "ci"));
    service.put(job("job_1", driver.study));
    service.append(audit("store.checked"));
    store->release(driver);
}

std::string first_line(const std::vector<Fault>& faults) {
    return faults.empty() ? "sound" : faults.front().where + ": " + faults.front().message;
}

// SQL, and how the first fault begins then.
using Damages = std::vector<std::pair<std::string, std::string>>;

// Damages copies of the sound store of the folder: the first fault of each begins as expected,
// and there is no backup of it.
void check_damages(const TemporaryFolder& folder, const Damages& damages) {
    CHECK(first_line(check_file(folder / "sound.db")) == "sound");
    for (const auto& [sql, expected] : damages) {
        const auto path = folder / "damaged.db";
        std::filesystem::copy_file(
            folder / "sound.db", path, std::filesystem::copy_options::overwrite_existing);
        RawSql(path).run(sql);
        CAPTURE(sql);
        const std::vector<Fault> faults = check_file(path);
        REQUIRE_FALSE(faults.empty());
        CHECK_THAT(first_line(faults), Catch::StartsWith(expected));
        CHECK(error_of([&] { back_up(path, folder / "no.db", Overwrite::no); }) ==
              ErrorKind::damaged);
        CHECK_FALSE(std::filesystem::exists(folder / "no.db"));
    }
}

std::int64_t trials_in(const std::filesystem::path& path) {
    return make_sqlite_store({.path = path, .mode = OpenMode::read_only})->find_study("s").trials;
}

}  // namespace

TEST_CASE("every kind of damage is found, with its place", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    write_store(folder / "sound.db");
    const std::string weights = to_string(hash_bytes("weights"));
    const Damages damages{
        {"UPDATE trials SET number = 9 WHERE number = 4", "study 's': its 5 trials are numbered"},
        {"UPDATE trials SET number = 2 WHERE number = 3", "study 's': its 5 trials are numbered"},
        {"INSERT INTO parnas_trials (trial_id, genotype, stage, fidelity, seed, attempt)"
         " VALUES (77, '[]', 'search', 1, 0, 1)",
         "parnas_trials 77: there is no trial"},
        {"INSERT INTO parnas_fronts VALUES (77, 1, '2026-11-21 00:00:00.000000', '[]', NULL)",
         "parnas_fronts 77: there is no study"},
        {"INSERT INTO parnas_events VALUES (77, 77, '2026-11-21 00:00:00.000000', 'k', '{}')",
         "parnas_events 77: there is no study"},
        {"UPDATE parnas_phases SET study_id = 77", "parnas_phases 77: there is no study"},
        {"UPDATE parnas_phases SET phase_index = 1", "study 's': its 1 phases end with number 1"},
        {"DELETE FROM parnas_artifacts WHERE kind = 'checkpoint'",
         "study 's' phase 0: its checkpoint " + to_string(hash_bytes("supernet")) +
             " is not in the store"},
        {"UPDATE parnas_phases SET told = 6",
         "study 's' phase 0: it is said to come after 6 finished trials; the study has 5"},
        {"UPDATE parnas_phases SET metrics = '{'", "study 's': "},
        {"DELETE FROM trial_values WHERE trial_id = 2 AND objective = 1",
         "study 's' trial 1: it is complete with 1 values for 2 objectives"},
        {"UPDATE trial_values SET value = NULL WHERE trial_id = 2", "study 's' trial 1: it is"},
        {"UPDATE trials SET datetime_complete = NULL WHERE number = 4",
         "study 's' trial 4: it is fail without a time of its end"},
        {"UPDATE trials SET state = 'RUNNING' WHERE number = 0",
         "study 's' trial 0: it is running and has a time of its end"},
        {"UPDATE parnas_trials SET failure_kind = NULL",
         "study 's' trial 4: it failed, and nothing says why"},
        {"UPDATE parnas_trials SET failure_kind = 'crashed', failure_reason = '' WHERE trial_id = "
         "1",
         "study 's' trial 0: it is complete with a reason of failure"},
        {"UPDATE trials SET state = 'RUNNING', datetime_complete = NULL WHERE number = 0",
         "study 's' trial 0: it is unfinished in a complete study"},
        {"DELETE FROM parnas_artifacts",
         "study 's' trial 0: its weights " + weights + " are not in the store"},
        {"UPDATE parnas_artifacts SET bytes = 'weightz' WHERE kind = 'weights'",
         "artifact " + weights + ": its bytes have another digest"},
        {"UPDATE parnas_artifacts SET size = 3 WHERE kind = 'weights'",
         "artifact " + weights + ": its size is said"},
        {"UPDATE parnas_trials SET reused_from = 4 WHERE trial_id = 3",
         "study 's' trial 2: it has the result of trial 4, which is not complete"},
        {"DELETE FROM parnas_fronts WHERE version = 1",
         "study 's': its 1 fronts end with version 2"},
        {"UPDATE parnas_fronts SET members = '[1,4]' WHERE version = 2",
         "study 's' front 2: its trial 4 is not a complete one"},
        {"UPDATE parnas_fronts SET members = '[1' WHERE version = 2", "study 's': "},
        {"UPDATE sqlite_sequence SET seq = 1", "parnas_events: the next event would be 2"},
        {"UPDATE parnas_trials SET metrics = '{\"a\": ' WHERE trial_id = 1", "study 's': "},
        {"INSERT INTO trial_params (trial_id, param_name) VALUES (99, 'p')",
         "trial_params row 16: it belongs to a row of trials that is not there"},
        {"PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 4 WHERE name ="
         " 'ix_parnas_events_study'",
         ""}};
    check_damages(folder, damages);
}

TEST_CASE("damage of what a server keeps is found, with its place", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    write_leases(folder / "sound.db");
    check_damages(
        folder,
        {{"UPDATE parnas_attempts SET trial_id = 99 WHERE state = 'open'",
          "parnas_attempts 99: there is no trial"},
         {"UPDATE parnas_late_reports SET lease = 'lse_x'",
          "parnas_late_reports 1: there is no lease lse_x"},
         {"UPDATE parnas_attempts SET ended = NULL",
          "study 's' trial 0: its attempt 1 is ok without a time of its end"},
         {"UPDATE parnas_attempts SET ended = granted WHERE state = 'open'",
          "study 's' trial 1: its attempt 1 is open and has a time of its end"},
         {"UPDATE parnas_attempts SET state = 'open', ended = NULL",
          "study 's' trial 0: it is fail, and its attempt 1 is open"},
         {"UPDATE parnas_trials SET attempt = 2 WHERE metrics IS NULL",
          "study 's' trial 1: it is at attempt 2, and its attempt 1 is open"},
         {"UPDATE parnas_attempts SET attempt = 2 WHERE state = 'ok'",
          "study 's' trial 0: it is at attempt 1, and its attempt 2 was given"},
         {"UPDATE parnas_attempts SET state = 'closed' WHERE state = 'ok'", "study 's': "},
         {"UPDATE parnas_workers SET last_seen = 'soon'", "parnas_workers: "},
         {"UPDATE parnas_tokens SET scopes = 'read'", "parnas_tokens: "},
         {"UPDATE parnas_jobs SET state = 'done'", "parnas_jobs: "},
         {"UPDATE parnas_audit SET time = ''", "parnas_audit: "},
         {"UPDATE parnas_answers SET request = 'xyz'", "answer k: "},
         {"UPDATE parnas_jobs SET study_id = 77", "parnas_jobs job_1: there is no study 77"}});
}

TEST_CASE("several faults are listed together", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    write_store(folder / "s.db");
    RawSql(folder / "s.db").run("DELETE FROM parnas_artifacts");
    CHECK(check_file(folder / "s.db").size() == 5);
    CHECK(error_of([&] { check_file(folder / "none.db"); }) == ErrorKind::not_found);
}

TEST_CASE("a store is checked and copied while it is written", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    const auto path = folder / "s.db";
    const auto store = make_sqlite_store({.path = path});
    const Driver driver = drive(*store, "s");
    const auto write = [&](TrialNumber number) {
        Batch batch = finished_trials(driver, number, 1);
        batch.artifacts = {artifact("weights")};
        store->commit(batch);
    };
    write(0);
    std::jthread writing([&](const std::stop_token& stop) {
        for (TrialNumber number = 1; !stop.stop_requested(); ++number)
            write(number);
    });
    for (int i = 0; i < 5; ++i) {
        const FileSummary summary = back_up(path, folder / "copy.db", Overwrite::yes);
        CHECK(summary.trials == trials_in(folder / "copy.db"));
        CHECK(summary.bytes == std::filesystem::file_size(folder / "copy.db"));
    }
}

TEST_CASE("a backup overwrites nothing unasked and leaves nothing half", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    write_store(folder / "s.db");
    CHECK(back_up(folder / "s.db", folder / "b.db", Overwrite::no).trials == 5);
    const auto again = [&](Overwrite overwrite) {
        return error_of([&] { back_up(folder / "s.db", folder / "b.db", overwrite); });
    };
    CHECK(again(Overwrite::no) == ErrorKind::conflict);
    CHECK_FALSE(again(Overwrite::yes));
    CHECK(error_of([&] { back_up(folder / "s.db", folder / "no" / "b.db", Overwrite::no); }) ==
          ErrorKind::unavailable);
    const auto files = std::filesystem::directory_iterator(folder.path());
    CHECK(std::distance(begin(files), end(files)) == 2);
}

TEST_CASE("a restored store is the backup, and the one before is kept", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    const auto path = folder / "s.db";
    write_store(path);
    back_up(path, folder / "b.db", Overwrite::no);
    {
        const auto store = make_sqlite_store({.path = path});
        const Driver driver =
            store->acquire_study(store->find_study("s").id, holder(1), Seconds(60));
        store->commit(finished_trials(driver, 5, 2));
        // Driven, and open: restored neither then nor when only the driver is gone.
        CHECK(error_of([&] { restore(path, folder / "b.db"); }) == ErrorKind::conflict);
        store->release(driver);
        CHECK(error_of([&] { restore(path, folder / "b.db"); }) == ErrorKind::unavailable);
        CHECK(store->find_study("s").trials == 7);
    }
    const Restored restored = restore(path, folder / "b.db");
    CHECK(restored.summary.trials == 5);
    CHECK(trials_in(path) == 5);
    REQUIRE(restored.previous);
    CHECK(trials_in(*restored.previous) == 7);
    CHECK(restore(path, folder / "b.db").previous != restored.previous);
    CHECK(error_of([&] { restore(path, path); }) == ErrorKind::invalid_input);
    CHECK_FALSE(restore(folder / "new.db", folder / "b.db").previous);
    CHECK(trials_in(folder / "new.db") == 5);
}

TEST_CASE("a damaged store is restored, and a damaged backup is not", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    const auto path = folder / "s.db";
    write_store(path);
    back_up(path, folder / "b.db", Overwrite::no);
    std::ofstream(path) << "garbage";
    std::ofstream(folder / "s.db-wal") << "of another file";
    const auto previous = restore(path, folder / "b.db").previous;
    REQUIRE(previous);
    CHECK(std::filesystem::file_size(*previous) == 7);
    CHECK_FALSE(std::filesystem::exists(folder / "s.db-wal"));
    CHECK(check_file(path).empty());
    RawSql(folder / "b.db").run("DELETE FROM parnas_artifacts");
    CHECK(error_of([&] { restore(path, folder / "b.db"); }) == ErrorKind::damaged);
    CHECK(check_file(path).empty());
}

TEST_CASE("a compacted store has all that it had, and nothing free", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    const auto path = folder / "s.db";
    write_leases(path);
    RawSql(path).run(
        "CREATE TABLE ballast AS SELECT randomblob(300000) AS blob; DROP TABLE ballast");
    const std::vector<TableStatistics> tables = statistics(path).tables;
    const std::string trials =
        RawSql(path).run("SELECT * FROM trials; SELECT * FROM parnas_trials");
    const Compacted compacted = compact(path);
    CHECK(compacted.before > 300'000);
    CHECK(compacted.after + 300'000 <= compacted.before);
    CHECK(compacted.after == std::filesystem::file_size(path));
    CHECK(compacted.summary.studies == 1);
    CHECK(first_line(check_file(path)) == "sound");
    const FileStatistics after = statistics(path);
    CHECK(after.free_pages == 0);
    CHECK(after.wal_bytes == 0);
    CHECK(RawSql(path).run("SELECT * FROM trials; SELECT * FROM parnas_trials") == trials);
    CHECK(std::ranges::equal(
        tables, after.tables, [](const TableStatistics& a, const TableStatistics& b) {
            return a.name == b.name && a.rows == b.rows;
        }));
    CHECK(make_sqlite_store({.path = path})->find_study("s").trials == 2);
}

TEST_CASE("a store that is opened for long has room in its log, and nothing else in it",
          "[store][sqlite][file]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    write_store(path);
    if (std::filesystem::space(path).available < (std::uintmax_t{2} << 30)) {
        WARN("skipped: the disk is almost full");
        return;
    }
    const auto store = make_sqlite_store({.path = path, .for_long = true});
    const auto log = [&] { return std::filesystem::file_size(path.string() + "-wal"); };
    const std::uintmax_t room = log();
    CHECK(room >= std::uintmax_t{4000} * 4096);
    drive(*store, "t");
    CHECK(log() == room);
    CHECK(store->studies().size() == 2);
    CHECK(first_line(check_file(path)) == "sound");
}

TEST_CASE("a store that is driven or damaged is not compacted", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    const auto path = folder / "s.db";
    {
        const auto store = make_sqlite_store({.path = path});
        drive(*store, "s");
        CHECK_THROWS_WITH(compact(path), Catch::Contains("drives the study 's'"));
    }
    write_store(folder / "t.db");
    RawSql(folder / "t.db").run("UPDATE trials SET number = 99 WHERE number = 3");
    const auto size = std::filesystem::file_size(folder / "t.db");
    CHECK_THROWS_WITH(compact(folder / "t.db"), Catch::Contains("it was not compacted"));
    CHECK(std::filesystem::file_size(folder / "t.db") == size);
    CHECK_THROWS_AS(compact(folder / "none.db"), Error);
}

TEST_CASE("a file of Optuna's is brought to this version after a backup", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    const auto path = folder / "s.db";
    write_store(path);
    CHECK(migrate(path).from == 3);
    CHECK_FALSE(migrate(path).backup);
    drop_parnas_parts(path);
    const Migrated migrated = migrate(path);
    CHECK(migrated.from == 0);
    CHECK(migrated.to == 3);
    REQUIRE(migrated.backup);
    CHECK(RawSql(*migrated.backup).integer("SELECT count(*) FROM trials") == 5);
    CHECK(RawSql(path).integer("SELECT schema_version FROM parnas_meta") == 3);
    CHECK(trials_in(path) == 5);
}

TEST_CASE("a store of an older or newer version is refused with the way on",
          "[store][sqlite][file]") {
    const TemporaryFolder folder;
    const auto path = folder / "s.db";
    write_store(path);
    RawSql(path).run("UPDATE parnas_meta SET schema_version = 2");
    for (const auto mode : {OpenMode::existing, OpenMode::read_only}) {
        const auto open = [&] { make_sqlite_store({.path = path, .mode = mode}); };
        CHECK(error_of(open) == ErrorKind::conflict);
        CHECK_THAT(message_of(open), Catch::Contains("parnas db migrate"));
    }
    RawSql(path).run("UPDATE parnas_meta SET schema_version = 4");
    const auto newer = [&] { migrate(path); };
    CHECK(error_of(newer) == ErrorKind::conflict);
    CHECK_THAT(message_of(newer), Catch::Contains("a newer parnas"));
    CHECK(RawSql(path).integer("SELECT schema_version FROM parnas_meta") == 4);
}

TEST_CASE("the statistics count what is there", "[store][sqlite][file]") {
    const TemporaryFolder folder;
    write_store(folder / "s.db");
    const FileStatistics found = statistics(folder / "s.db");
    CHECK(found.bytes == std::filesystem::file_size(folder / "s.db"));
    CHECK(static_cast<std::int64_t>(found.bytes) == found.pages * found.page_bytes);
    CHECK(found.wal_bytes == 0);
    CHECK(found.artifacts == 2);
    CHECK(found.artifact_bytes == 15);
    REQUIRE(found.studies.size() == 1);
    CHECK(found.studies[0].trials ==
          std::map<TrialState, std::int64_t>{{TrialState::complete, 4}, {TrialState::fail, 1}});
    CHECK(found.studies[0].reused == 1);
    CHECK(found.studies[0].phases == 1);
    const auto trials = std::ranges::find(found.tables, "trials", &TableStatistics::name);
    REQUIRE(trials != found.tables.end());
    CHECK(trials->rows == 5);
    std::int64_t bytes = 0;
    for (const TableStatistics& table : found.tables)
        bytes += table.bytes.value_or(0);
    // All but the pages of SQLite's own tables.
    CHECK((bytes == 0 || bytes > static_cast<std::int64_t>(found.bytes) * 3 / 4));
}
