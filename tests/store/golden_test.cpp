// SPDX-License-Identifier: Apache-2.0
#include "tests/support/golden.h"

#include "store/sqlite_file.h"
#include "store/sqlite_store.h"
#include "tests/store/raw_sql.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

constexpr const char* kFirstGolden = "store_v1.db";
constexpr const char* kSecondGolden = "store_v2.db";
constexpr const char* kGolden = "store_v3.db";

void write_golden(const std::filesystem::path& path) {
    const auto store = make_sqlite_store({.path = path});
    const Driver driver = drive(*store, "golden");
    Batch batch = finished_trials(driver, 0, 2);
    batch.finishes[1].reuse_key = hash_bytes("golden");
    batch.starts.push_back(start(2));
    batch.starts.push_back(start(3));
    batch.reports = {{2, 1, 0.5}};
    batch.finishes.push_back(failure(2, FailureKind::diverged, "loss is NaN"));
    batch.front = std::vector<TrialNumber>{0, 1};
    batch.hypervolume = 0.25;
    batch.artifacts = {artifact("golden weights"), checkpoint("golden checkpoint")};
    batch.phases = {phase(0, "golden checkpoint")};
    batch.events = {{.time = at(7), .kind = "trial_finished", .body = R"({"trial": 0})"}};
    batch.answers = {answer("golden")};
    store->commit(batch);
    const std::vector given{attempt(3)};
    ServiceStore& service = service_store(*store);
    service.grant(driver.study, given);
    service.keep_late({.lease = attempt(3).lease, .time = at(8), .body = "late"});
    service.put(worker("wrk_1"));
    service.put(token("tok_1", "ci"));
    service.put(job("job_1", driver.study));
    service.append(audit("golden"));
    store->release(driver);
}

// What there is in a file of every version.
void check_golden(const std::filesystem::path& path) {
    const auto store = make_sqlite_store({.path = path, .mode = OpenMode::existing});
    const StudyRecord study = store->find_study("golden");
    CHECK(study.spec.job == spec("").job);
    CHECK(study.spec.metrics == spec("").metrics);
    const auto trials = store->trials(study.id);
    REQUIRE(trials.size() == 4);
    for (const TrialRecord& trial : trials) {
        CHECK(trial.params == start(trial.number).params);
        CHECK(trial.genotype == start(trial.number).genotype);
        CHECK(trial.seed == start(trial.number).seed);
        CHECK(trial.started == start(trial.number).started);
    }
    CHECK(trials[1].values == finish(1).values);
    CHECK(trials[1].metrics == finish(1).metrics);
    CHECK(trials[1].architecture == finish(1).architecture);
    REQUIRE(trials[2].failure);
    CHECK(trials[2].failure->kind == FailureKind::diverged);
    CHECK(trials[2].reports.at(1) == 0.5);
    CHECK(trials[3].state == TrialState::running);
    CHECK(store->front_history(study.id).at(0).hypervolume == 0.25);
    CHECK(store->find_result(hash_bytes("golden")).value().number == 1);
    CHECK(store->artifact(artifact("golden weights").id) == "golden weights");
    CHECK(store->events(study.id).at(0).time == at(7));

    const Driver driver = store->acquire_study(study.id, holder(9), Seconds(60));
    store->commit({.driver = driver, .starts = {start(4)}, .finishes = {finish(3)}});
    CHECK(store->study(study.id).trials == 5);
}

void check_golden_phase(const std::filesystem::path& path) {
    const auto store = make_sqlite_store({.path = path, .mode = OpenMode::read_only});
    const auto phases = store->phases(store->find_study("golden").id);
    REQUIRE(phases.size() == 1);
    CHECK(phases[0].settings == phase(0, "").settings);
    CHECK(phases[0].attachment == phase(0, "").attachment);
    CHECK(phases[0].metrics == phase(0, "").metrics);
    CHECK(phases[0].kept);
    CHECK(store->artifact(phases[0].checkpoint.value()) == "golden checkpoint");
}

void check_golden_service(const std::filesystem::path& path) {
    const auto store = make_sqlite_store({.path = path, .mode = OpenMode::read_only});
    const ServiceStore& service = service_store(*store);
    CHECK(service.find_lease(attempt(3).lease).granted == attempt(3).granted);
    CHECK(service.find_answer(answer("golden").scope, "golden") == answer("golden"));
    CHECK(service.late_reports(attempt(3).lease).at(0).body == "late");
    CHECK(service.find_worker("wrk_1").registered == worker("wrk_1").registered);
    CHECK(service.find_token("tok_1").scopes == token("tok_1", "ci").scopes);
    CHECK(service.find_job("job_1").study == store->find_study("golden").id);
    CHECK(service.audit().at(0).action == "golden");
    CHECK(service.events_after(0, 10).size() == 1);
    CHECK(service.last_seq() == 1);
}

}  // namespace

TEST_CASE("a store of version 1 is migrated with all that was in it", "[store][sqlite][golden]") {
    const TemporaryFolder folder;
    const auto path = folder / "copy.db";
    std::filesystem::copy_file(tests::golden_file(kFirstGolden), path);
    CHECK(migrate(path).from == 1);
    check_golden(path);
    const auto store = make_sqlite_store({.path = path});
    const StudyId study = store->find_study("golden").id;
    CHECK(store->phases(study).empty());
    store->commit({.driver = store->acquire_study(study, holder(9), Seconds(60)),
                   .phases = {phase(0, "new")},
                   .artifacts = {checkpoint("new")}});
    CHECK(store->study(study).phases == 1);
}

TEST_CASE("a store of version 2 is migrated with all that was in it", "[store][sqlite][golden]") {
    const TemporaryFolder folder;
    const auto path = folder / "copy.db";
    std::filesystem::copy_file(tests::golden_file(kSecondGolden), path);
    const Migrated migrated = migrate(path);
    CHECK(migrated.from == 2);
    REQUIRE(migrated.backup);
    CHECK(RawSql(*migrated.backup).integer("SELECT schema_version FROM parnas_meta") == 2);
    check_golden_phase(path);
    check_golden(path);  // which finishes trial 3
    const auto store = make_sqlite_store({.path = path});
    const StudyId study = store->find_study("golden").id;
    const std::vector given{attempt(4)};
    service_store(*store).grant(study, given);
    CHECK(service_store(*store).open_attempts(study).size() == 1);
}

TEST_CASE("a store of version 3 opens with all that was in it", "[store][sqlite][golden]") {
    const TemporaryFolder folder;
    std::filesystem::copy_file(tests::golden_file(kGolden), folder / "copy.db");
    check_golden_service(folder / "copy.db");
    check_golden(folder / "copy.db");
    check_golden_phase(folder / "copy.db");
}

TEST_CASE("the golden file is what this version writes", "[store][sqlite][golden]") {
    const TemporaryFolder folder;
    write_golden(folder / "new.db");
    // For a new version of the schema, which gets a golden file of its own.
    if (const auto keep = tests::new_golden_file(kGolden))
        std::filesystem::copy_file(folder / "new.db", *keep);
    check_golden_service(folder / "new.db");
    check_golden(folder / "new.db");
    check_golden_phase(folder / "new.db");
}
