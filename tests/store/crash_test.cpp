// SPDX-License-Identifier: Apache-2.0
// What is left when a process or a disk gives up.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "core/rng.h"
#include "store/service_store.h"
#include "store/sqlite_file.h"
#include "store/sqlite_store.h"
#include "tests/store/faulty_disk.h"
#include "tests/store/raw_sql.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

// Runs in a child; what it returns is the exit status, 99 if it throws.
pid_t in_child(const std::function<int()>& body) {
    const pid_t child = fork();
    if (child != 0)
        return child;
    int status = 99;
    try {
        status = body();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "in a child: %s\n", error.what());
    }
    _exit(status);
}

int exit_status(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

void pause_for(std::uint64_t microseconds) {
    const timespec time{.tv_sec = 0, .tv_nsec = static_cast<long>(microseconds * 1000)};
    nanosleep(&time, nullptr);
}

// Commits trials one by one and writes each committed number to `acknowledge`.
int commit_for_ever(const std::filesystem::path& path, int acknowledge) {
    const auto store = make_sqlite_store({.path = path});
    const StudyId id = store->find_study("s").id;
    const Driver driver = store->acquire_study(id, this_process(), Seconds(600));
    for (TrialNumber number = store->study(id).trials;; ++number) {
        Batch batch = finished_trials(driver, number, 1);
        batch.events = {{.time = at(0), .kind = "n", .body = "{}"}};
        store->commit(batch);
        if (write(acknowledge, &number, sizeof number) != static_cast<ssize_t>(sizeof number))
            return 1;
    }
}

// Starts, leases and finishes trials one by one; acknowledges each lease.
int lease_for_ever(const std::filesystem::path& path, int acknowledge) {
    const auto store = make_sqlite_store({.path = path});
    const StudyId id = store->find_study("s").id;
    const Driver driver = store->acquire_study(id, this_process(), Seconds(600));
    for (TrialNumber number = store->study(id).trials;; ++number) {
        store->commit({.driver = driver, .starts = {start(number)}});
        const std::vector given{attempt(number)};
        service_store(*store).grant(id, given, answer(std::to_string(number)));
        if (write(acknowledge, &number, sizeof number) != static_cast<ssize_t>(sizeof number))
            return 1;
        store->commit({.driver = driver,
                       .attempt_ends = {end_of(attempt(number), AttemptState::ok)},
                       .finishes = {finish(number)}});
    }
}

using ForEver = int (*)(const std::filesystem::path& path, int acknowledge);

// Kills such a child after a while; the last number that it acknowledged, or -1.
TrialNumber last_acknowledged(const std::filesystem::path& path,
                              std::uint64_t microseconds,
                              ForEver work) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = in_child([&] { return work(path, ends[1]); });
    close(ends[1]);
    pause_for(microseconds);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    TrialNumber last = -1;
    for (TrialNumber number = 0; read(ends[0], &number, sizeof number) > 0;)
        last = number;
    close(ends[0]);
    return last;
}

void limit_file_size(rlim_t bytes) {
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

// Fills the file up to a limit, and goes on when the limit is gone. 0 if all is well.
int fill_the_disk(const std::filesystem::path& path) {
    signal(SIGXFSZ, SIG_IGN);
    const auto store = make_sqlite_store({.path = path});
    const Driver driver = drive(*store, "s");
    const StudyId id = driver.study;
    limit_file_size(400'000);
    TrialNumber written = 0;
    std::string message;
    while (message.empty() && written < 10'000) {
        try {
            store->commit(finished_trials(driver, written, 10));
            written += 10;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::unavailable)
                return 1;
            message = error.what();
        }
    }
    if (message.find("the disk is full") == std::string::npos)
        return 2;
    if (message.find(path.string()) == std::string::npos)
        return 3;
    if (written == 0 || store->study(id).trials != written)
        return 4;
    limit_file_size(RLIM_INFINITY);
    store->commit(finished_trials(driver, written, 10));
    const auto trials = store->trials(id);
    if (static_cast<TrialNumber>(trials.size()) != written + 10)
        return 5;
    for (const TrialRecord& trial : trials)
        if (trial.params != start(trial.number).params)
            return 6;
    return 0;
}

// Until a kill, in microseconds; the longer the machine takes for a first acknowledgement.
std::uint64_t draw_delay(Rng& rng, int round, TrialNumber acknowledged) {
    const auto most = acknowledged > 0 ? 1 : static_cast<std::uint64_t>(round) + 1;
    return 2000 + rng.below(40000 * most);
}

}  // namespace

TEST_CASE("what was acknowledged is there after kill -9 at any moment", "[store][sqlite][crash]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    make_sqlite_store({.path = path})->create_study(spec("s"));
    Rng rng(20261121);
    TrialNumber acknowledged = -1;
    for (int round = 0; round < 20; ++round) {
        acknowledged = std::max(
            acknowledged,
            last_acknowledged(path, draw_delay(rng, round, acknowledged), commit_for_ever));
        const auto store = make_sqlite_store({.path = path, .mode = OpenMode::existing});
        const auto trials = store->trials(store->find_study("s").id);
        REQUIRE(static_cast<TrialNumber>(trials.size()) > acknowledged);
        for (std::size_t i = 0; i < trials.size(); ++i) {
            REQUIRE(trials[i].number == static_cast<TrialNumber>(i));
            REQUIRE(trials[i].state == TrialState::complete);
            REQUIRE(trials[i].params == start(trials[i].number).params);
            REQUIRE(trials[i].values == finish(trials[i].number).values);
        }
        REQUIRE(store->events(store->find_study("s").id).size() == trials.size());
    }
    CHECK(acknowledged > 0);
    CHECK(RawSql(path).run("PRAGMA integrity_check") == "ok\n");
}

TEST_CASE("a lease and its answer are both there after kill -9, or neither",
          "[store][sqlite][crash]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    const StudyId id = make_sqlite_store({.path = path})->create_study(spec("s"));
    Rng rng(20261122);
    TrialNumber acknowledged = -1;
    std::int64_t before = 0;  // trials, of earlier rounds
    for (int round = 0; round < 20; ++round) {
        const TrialNumber last =
            last_acknowledged(path, draw_delay(rng, round, acknowledged), lease_for_ever);
        acknowledged = std::max(acknowledged, last);
        const auto store = make_sqlite_store({.path = path, .mode = OpenMode::existing});
        const ServiceStore& service = service_store(*store);
        for (const TrialRecord& trial : store->trials(id)) {
            const auto attempts = service.attempts(id, trial.number);
            const bool given = !attempts.empty();
            if (trial.number >= before && trial.number <= last)
                REQUIRE(given);
            REQUIRE(service.find_answer("tok_1/leases", std::to_string(trial.number)).has_value() ==
                    given);
            const bool complete = trial.state == TrialState::complete;
            if (given)
                REQUIRE(attempts[0].state == (complete ? AttemptState::ok : AttemptState::open));
            else
                REQUIRE_FALSE(complete);
        }
        before = store->study(id).trials;
    }
    CHECK(acknowledged > 0);
}

TEST_CASE("a full disk loses no earlier commit and is no end", "[store][sqlite][crash]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    CHECK(exit_status(in_child([&] { return fill_the_disk(path); })) == 0);
    CHECK(RawSql(path).run("PRAGMA integrity_check") == "ok\n");
}

TEST_CASE("a batch that does not fit takes no other with it", "[store][sqlite][crash]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    const pid_t child = in_child([&] {
        signal(SIGXFSZ, SIG_IGN);
        const auto store = make_sqlite_store({.path = path});
        const Driver large = drive(*store, "large");
        const Driver small = drive(*store, "small");
        limit_file_size(6'000'000);
        std::atomic<int> refused = 0;
        {
            std::jthread other([&] {
                for (int i = 0; i < 10; ++i)
                    if (error_of([&] {
                            store->commit({.driver = large,
                                           .artifacts = {artifact(std::string(12'000'000, 'x'))}});
                        }) == ErrorKind::unavailable)
                        ++refused;
            });
            for (TrialNumber number = 0; number < 30; ++number)
                store->commit(finished_trials(small, number, 1));
        }
        return refused == 10 && store->trials(small.study).size() == 30 ? 0 : 1;
    });
    CHECK(exit_status(child) == 0);
}

TEST_CASE("after a sync that failed nothing is written until the store is opened again",
          "[store][sqlite][crash]") {
    FaultyDisk disk;
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    {
        const auto store = make_sqlite_store({.path = path});
        const Driver driver = drive(*store, "s");
        store->commit(finished_trials(driver, 0, 5));
        ServiceStore& kept = service_store(*store);
        CHECK_FALSE(kept.fault());
        disk.failure = SQLITE_IOERR_FSYNC;
        CHECK_THROWS_AS(store->commit(finished_trials(driver, 5, 5)), StorageError);
        REQUIRE(kept.fault());
        CHECK(kept.fault()->trouble == StorageTrouble::failed);
        CHECK(kept.fault()->reason.find(path.string()) != std::string::npos);
        CHECK(disk.failed == 1);
        disk.failure = SQLITE_OK;
        CHECK_THROWS_AS(store->commit(finished_trials(driver, 5, 5)), StorageError);
        CHECK_THROWS_AS(kept.try_writing(), StorageError);
        CHECK_THROWS_AS(store->create_study(spec("t")), StorageError);
        CHECK(disk.failed == 1);
        CHECK(store->trials(driver.study).size() == 5);
    }
    const auto store = make_sqlite_store({.path = path});
    const Driver driver = store->acquire_study(store->find_study("s").id, holder(1), Seconds(600));
    const auto written = static_cast<TrialNumber>(store->trials(driver.study).size());
    CHECK((written == 5 || written == 10));
    store->commit(finished_trials(driver, written, 5));
    CHECK(RawSql(path).run("PRAGMA integrity_check") == "ok\n");
}

TEST_CASE("whichever call to the disk fails, what was acknowledged stays and nothing is half there",
          "[store][sqlite][crash]") {
    constexpr TrialNumber kTrials = 6;
    constexpr std::int64_t kStride = 3;  // all calls would take ten seconds
    const bool full = GENERATE(false, true);
    bool failed = true;
    for (std::int64_t call = 1; failed; call += kStride) {
        CAPTURE(full, call);
        FaultyDisk disk;
        const TemporaryFolder folder;
        const auto path = folder / "store.db";
        std::optional<TrialNumber> acknowledged;  // once the study is there
        disk.fail_call(call, full);
        try {
            const auto store = make_sqlite_store({.path = path});
            const Driver driver = drive(*store, "s");
            acknowledged = 0;
            for (int refused = 0; acknowledged < kTrials;)
                try {
                    store->commit(finished_trials(driver, *acknowledged, 1));
                    ++*acknowledged;
                } catch (const StorageError& error) {
                    if (error.trouble() != StorageTrouble::full)
                        break;
                    REQUIRE(++refused == 1);  // there is room again at once
                }
        } catch (const Error& error) {
            CHECK((error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::damaged));
        }
        failed = disk.has_failed();
        disk.fail_call(INT64_MAX, full);
        const auto store = make_sqlite_store({.path = path});
        CHECK(RawSql(path).run("PRAGMA integrity_check") == "ok\n");
        if (!acknowledged)
            continue;
        const auto trials = store->trials(store->find_study("s").id);
        CHECK(std::ssize(trials) >= *acknowledged);
        CHECK(std::ssize(trials) <= *acknowledged + 1);
        CHECK(std::ranges::all_of(trials, [](const TrialRecord& trial) {
            return trial.state == TrialState::complete && !trial.values.empty();
        }));
    }
}

TEST_CASE("whichever call to the disk fails, a store that is compacted stays whole",
          "[store][sqlite][crash]") {
    constexpr std::int64_t kStride = 19;
    const bool full = GENERATE(false, true);
    bool failed = true;
    for (std::int64_t call = 1; failed; call += kStride) {
        CAPTURE(full, call);
        FaultyDisk disk;
        const TemporaryFolder folder;
        const auto path = folder / "store.db";
        {
            const auto store = make_sqlite_store({.path = path});
            const Driver driver = drive(*store, "s");
            store->commit(finished_trials(driver, 0, 5));
            store->release(driver);
        }
        RawSql(path).run(
            "CREATE TABLE ballast AS SELECT randomblob(50000) AS blob; DROP TABLE ballast");
        const std::string trials = RawSql(path).run("SELECT * FROM trials");
        disk.fail_call(call, full);
        try {
            compact(path);
        } catch (const Error& error) {
            CHECK((error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::damaged));
        }
        failed = disk.has_failed();
        disk.fail_call(INT64_MAX, full);
        CHECK(make_sqlite_store({.path = path})->find_study("s").trials == 5);
        CHECK(RawSql(path).run("PRAGMA integrity_check") == "ok\n");
        CHECK(RawSql(path).run("SELECT * FROM trials") == trials);
    }
}

TEST_CASE("many who wait for one sync that fails all hear of it, and it is not tried again",
          "[store][sqlite][crash]") {
    FaultyDisk disk;
    const TemporaryFolder folder;
    const auto store = make_sqlite_store({.path = folder / "store.db"});
    disk.failure = SQLITE_IOERR_FSYNC;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                try {
                    store->create_study(spec("s" + std::to_string(i)));
                } catch (const StorageError&) {
                    ++refused;
                }
            });
    }
    CHECK(refused == 8);
    CHECK(disk.failed == 1);
}

TEST_CASE("a full disk is a fault until something was written", "[store][sqlite][crash]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    const pid_t child = in_child([&] {
        signal(SIGXFSZ, SIG_IGN);
        const auto store = make_sqlite_store({.path = path});
        ServiceStore& kept = service_store(*store);
        const Driver driver = drive(*store, "s");
        limit_file_size(1000);
        try {
            store->commit(finished_trials(driver, 0, 10));
            return 1;
        } catch (const StorageError& error) {
            if (error.trouble() != StorageTrouble::full)
                return 2;
        }
        if (!kept.fault() || kept.fault()->trouble != StorageTrouble::full)
            return 3;
        if (error_of([&] { kept.try_writing(); }) != ErrorKind::unavailable || !kept.fault())
            return 4;
        limit_file_size(RLIM_INFINITY);
        kept.try_writing();
        return kept.fault() ? 5 : 0;
    });
    CHECK(exit_status(child) == 0);
}

TEST_CASE("processes that make one store at the same moment share it", "[store][sqlite][crash]") {
    const TemporaryFolder folder;
    for (int round = 0; round < 10; ++round) {
        const auto path = folder / ("store" + std::to_string(round)).c_str();
        std::vector<pid_t> children;
        for (int i = 0; i < 4; ++i)
            children.push_back(in_child([&] {
                make_sqlite_store({.path = path})->create_study(spec("s" + std::to_string(i)));
                return 0;
            }));
        for (const pid_t child : children)
            CHECK(exit_status(child) == 0);
        CHECK(make_sqlite_store({.path = path})->studies().size() == 4);
    }
}

TEST_CASE("a file that may only be read is read, and refused for writing", "[store][sqlite]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    make_sqlite_store({.path = path})->create_study(spec("s"));
    using std::filesystem::perms;
    std::filesystem::permissions(path, static_cast<perms>(0444));
    std::filesystem::permissions(folder.path(), static_cast<perms>(0555));
    const pid_t child = in_child([&] {
        // Nothing is forbidden to root.
        if (geteuid() == 0 && seteuid(65534) != 0)
            return 1;
        const auto store = make_sqlite_store({.path = path, .mode = OpenMode::read_only});
        if (store->studies().size() != 1)
            return 2;
        const auto write = [&] { make_sqlite_store({.path = path}); };
        if (error_of(write) != ErrorKind::unavailable)
            return 3;
        return message_of(write).find("may only be read") == std::string::npos ? 4 : 0;
    });
    CHECK(exit_status(child) == 0);
    std::filesystem::permissions(folder.path(), perms::owner_all);
}
