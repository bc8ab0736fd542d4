// SPDX-License-Identifier: Apache-2.0
// The file as Optuna sees it, and what Optuna leaves in it.
#include <cmath>
#include <cstdlib>
#include <sys/wait.h>

#include "store/sqlite_store.h"
#include "tests/store/raw_sql.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"
#include "tests/support/repository.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

// Exit status 77: no Optuna on this machine.
int run_optuna(const std::string& step, const std::filesystem::path& path) {
    const std::string script = (tests::repository() / "tests/store/optuna_opens.py").string();
    const std::string command = "/usr/bin/python3 " + script + " " + step + " " + path.string();
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

StudyId write_sample(Store& store) {
    const Driver driver = drive(store, "from parnas");
    Batch batch = finished_trials(driver, 0, 2);
    batch.finishes[1].values[1] = std::numeric_limits<double>::infinity();
    batch.starts.push_back(start(2));
    batch.starts.push_back(start(3));
    batch.reports = {{3, 1, 0.5}, {3, 2, std::nan("")}};
    batch.finishes.push_back(failure(2, FailureKind::infeasible, "latency_ms 9 > 8"));
    store.commit(batch);
    store.release(driver);
    return driver.study;
}

// A lease with a late report, and a job.
void serve(Store& store, StudyId study, TrialNumber number) {
    ServiceStore& service = service_store(store);
    const std::vector given{attempt(number)};
    service.grant(study, given);
    service.keep_late({.lease = attempt(number).lease, .time = at(1)});
    service.put(job("job_" + std::to_string(number), study));
}

void check_served_rows(const RawSql& sql, std::int64_t expected) {
    for (const char* table : {"attempts", "late_reports", "jobs"})
        CHECK(sql.integer(std::string("SELECT count(*) FROM parnas_") + table) == expected);
}

}  // namespace

TEST_CASE("the tables are those of Optuna 3.2 with Optuna's words in them", "[store][optuna]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    write_sample(*make_sqlite_store({.path = path}));
    const RawSql sql(path);
    CHECK(sql.run("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'parnas%'"
                  " AND name NOT LIKE 'sqlite%' ORDER BY name") ==
          "alembic_version\nstudies\nstudy_directions\nstudy_system_attributes\n"
          "study_user_attributes\ntrial_heartbeats\ntrial_intermediate_values\ntrial_params\n"
          "trial_system_attributes\ntrial_user_attributes\ntrial_values\ntrials\nversion_info\n");
    CHECK(sql.run("SELECT * FROM alembic_version") == "v3.2.0.a\n");
    CHECK(sql.run("SELECT * FROM version_info") == "1|12|3.2.0\n");
    CHECK(sql.run("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix_%'"
                  " AND name NOT LIKE '%parnas%' ORDER BY name") ==
          "ix_studies_study_name\nix_trials_study_id\n");
    CHECK(sql.run("SELECT direction, objective FROM study_directions ORDER BY rowid") ==
          "MAXIMIZE|0\nMINIMIZE|1\n");
    CHECK(sql.run("SELECT key, value_json FROM study_system_attributes") ==
          "study:metric_names|[\"accuracy\",\"latency_ms\"]\n");
    CHECK(sql.run("SELECT number, state, datetime_start, datetime_complete FROM trials") ==
          "0|COMPLETE|2026-11-21 00:00:00.206181|2026-11-21 00:01:40.206181\n"
          "1|COMPLETE|2026-11-21 00:00:01.206181|2026-11-21 00:01:41.206181\n"
          "2|FAIL|2026-11-21 00:00:02.206181|2026-11-21 00:01:42.206181\n"
          "3|RUNNING|2026-11-21 00:00:03.206181|\n");
    CHECK(sql.run("SELECT trial_id, objective, value, value_type FROM trial_values"
                  " ORDER BY trial_id, objective") ==
          "1|0|0.5|FINITE\n1|1|2.5|FINITE\n2|0|0.501|FINITE\n2|1||INF_POS\n");
    CHECK(sql.run("SELECT step, intermediate_value, intermediate_value_type"
                  " FROM trial_intermediate_values ORDER BY step") == "1|0.5|FINITE\n2||NAN\n");
    CHECK(sql.run("SELECT param_name, param_value FROM trial_params WHERE trial_id = 2"
                  " ORDER BY param_id") == "width|8.0\nlr|0.1\nact|1.0\n");
    CHECK(sql.run("SELECT value_json FROM trial_system_attributes WHERE key = 'parnas:failure'") ==
          "{\"kind\":\"infeasible\",\"reason\":\"latency_ms 9 > 8\"}\n");
}

TEST_CASE("a study without parnas rows is shown and can be driven", "[store][optuna]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    make_sqlite_store({.path = path});
    {
        drop_parnas_parts(path);
        const RawSql sql(path);
        sql.run(
            "INSERT INTO studies VALUES (5, 'foreign');"
            "INSERT INTO study_directions VALUES (1, 'MINIMIZE', 5, 0);"
            "INSERT INTO trials VALUES (9, 0, 5, 'COMPLETE', '2026-11-21 00:00:00', "
            "'2026-11-21 00:00:09.500000');"
            "INSERT INTO trial_params VALUES (1, 9, 'x', 0.5, '{}');"
            "INSERT INTO trial_values VALUES (1, 9, 0, 3.5, 'FINITE');"
            "INSERT INTO trials VALUES (10, 1, 5, 'WAITING', NULL, NULL);");
    }
    const auto check_content = [](const Store& store) {
        const StudyRecord study = store.find_study("foreign");
        CHECK(study.id == static_cast<StudyId>(5));
        CHECK(study.spec.metrics == std::vector<std::string>{"value"});
        CHECK(study.spec.job.empty());
        CHECK(study.created == time_from_string("2026-11-21 00:00:00"));
        const auto trials = store.trials(study.id);
        REQUIRE(trials.size() == 2);
        CHECK(trials[0].genotype.empty());
        CHECK(trials[0].params == std::vector<ParamRecord>{{"x", 0.5, "{}"}});
        CHECK(trials[0].values == std::vector<double>{3.5});
        CHECK(trials[1].state == TrialState::waiting);
        CHECK_FALSE(trials[1].started);
        CHECK(store.front(study.id).empty());
        CHECK(store.events(study.id).empty());
    };
    check_content(*make_sqlite_store({.path = path, .mode = OpenMode::read_only}));
    CHECK(RawSql(path).integer("SELECT count(*) FROM sqlite_master WHERE name LIKE 'parnas%'") ==
          0);

    const auto store = make_sqlite_store({.path = path, .mode = OpenMode::existing});
    check_content(*store);
    const auto id = static_cast<StudyId>(5);
    const Driver driver = store->acquire_study(id, holder(1), Seconds(60));
    CHECK(error_of([&] { store->commit({.driver = driver, .starts = {start(1)}}); }) ==
          ErrorKind::conflict);
    TrialFinish end = finish(1);
    end.values = {1.5};
    store->commit({.driver = driver, .starts = {start(2)}, .finishes = {end}});
    CHECK(store->trial(id, 1).state == TrialState::complete);
    CHECK(store->trial(id, 1).metrics == end.metrics);
    CHECK(store->trial(id, 2).genotype == start(2).genotype);
    CHECK(store->create_study(spec("ours")) > id);
}

TEST_CASE("a study that another program deletes takes its leases and jobs along",
          "[store][optuna]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    const auto store = make_sqlite_store({.path = path});
    ServiceStore& service = service_store(*store);
    std::vector<StudyId> studies;
    for (const TrialNumber number : {0, 1}) {
        const Driver driver = drive(*store, "s" + std::to_string(number));
        studies.push_back(driver.study);
        store->commit({.driver = driver,
                       .starts = {start(0), start(1)},
                       .events = {{.time = at(1), .kind = "k", .body = "{}"}}});
        serve(*store, driver.study, number);
    }
    const RawSql sql(path);
    check_served_rows(sql, 2);
    sql.run("DELETE FROM trials WHERE study_id = 2; DELETE FROM studies WHERE study_id = 2");
    check_served_rows(sql, 1);
    CHECK(service.find_lease("lse_0").study == studies[0]);
    CHECK(error_of([&] { service.find_lease("lse_1"); }) == ErrorKind::not_found);
    CHECK(service.jobs().size() == 1);
    // Whoever follows the events does not see a number twice.
    CHECK(service.events_after(0, 10).size() == 1);
    CHECK(service.last_seq() == 2);
}

TEST_CASE("Optuna reads what parnas wrote, adds a trial and deletes a study", "[store][optuna]") {
    const TemporaryFolder folder;
    const auto path = folder / "store.db";
    StudyId id{};
    {
        const auto store = make_sqlite_store({.path = path});
        id = write_sample(*store);
    }
    const int status = run_optuna("read", path);
    if (status == 77) {
        WARN("skipped: /usr/bin/python3 has no optuna (Debian: python3-optuna)");
        return;
    }
    REQUIRE(status == 0);
    REQUIRE(run_optuna("add", path) == 0);
    {
        const auto store = make_sqlite_store({.path = path});
        const TrialRecord trial = store->trial(id, 4);
        CHECK(trial.state == TrialState::complete);
        CHECK(trial.genotype.empty());
        CHECK(trial.values == std::vector<double>{0.75, 4.0});
        REQUIRE(trial.params.size() == 2);
        CHECK(trial.params[0].name == "width");
        CHECK(trial.params[0].internal == 16.0);
        CHECK(trial.params[1].name == "act");
        CHECK(trial.params[1].internal == 1.0);
        CHECK(trial.user_attributes.at("by") == "\"optuna\"");
        CHECK(trial.started);
        CHECK(trial.finished);
        const Driver driver = store->acquire_study(id, holder(1), Seconds(60));
        store->commit({.driver = driver, .starts = {start(5)}, .phases = {phase(0, "checkpoint")}});
        serve(*store, id, 5);
    }
    REQUIRE(run_optuna("delete", path) == 0);
    const RawSql sql(path);
    CHECK(sql.run("SELECT count(*) FROM studies") == "0\n");
    CHECK(sql.run("SELECT count(*) FROM parnas_trials") == "0\n");
    CHECK(sql.run("SELECT count(*) FROM parnas_studies") == "0\n");
    CHECK(sql.run("SELECT count(*) FROM parnas_phases") == "0\n");
    check_served_rows(sql, 0);
    CHECK(sql.run("PRAGMA journal_mode") == "wal\n");
}
