// SPDX-License-Identifier: Apache-2.0
// What store/store.h promises of trials, for every store.
#include <cmath>
#include <limits>

#include "tests/conformance/every_store.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void check_same_start(const TrialRecord& trial, const TrialStart& start) {
    CHECK(trial.number == start.number);
    CHECK(trial.params == start.params);
    CHECK(trial.genotype == start.genotype);
    CHECK(trial.stage == start.stage);
    CHECK(trial.fidelity == start.fidelity);
    CHECK(trial.seed == start.seed);
    CHECK(trial.attempt == start.attempt);
    CHECK(trial.warm_start == start.warm_start);
    CHECK(trial.started == start.started);
}

}  // namespace

STORE_TEST("a trial is read as it was started, reported and finished") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit({.driver = driver, .starts = {start(0)}});

    TrialRecord trial = store.trial(id, 0);
    check_same_start(trial, start(0));
    CHECK(trial.state == TrialState::running);
    CHECK(trial.values.empty());
    CHECK(trial.metrics.empty());
    CHECK_FALSE(trial.failure);
    CHECK_FALSE(trial.finished);
    CHECK(trial.user_attributes == start(0).user_attributes);

    TrialFinish end = finish(0);
    end.reuse_key = hash_bytes("key");
    end.reused_from = 0;
    end.system_attributes = {{"constraints:latency", "-0.5"}, {"NSGAIISampler:generation", "1"}};
    store.commit({.driver = driver, .reports = {{0, 3, 0.25}}, .finishes = {end}});
    trial = store.trial(id, 0);
    check_same_start(trial, start(0));
    CHECK(trial.state == TrialState::complete);
    CHECK(trial.values == end.values);
    CHECK(trial.metrics == end.metrics);
    CHECK(trial.cost == end.cost);
    CHECK(trial.reuse_key == end.reuse_key);
    CHECK(trial.reused_from == end.reused_from);
    CHECK(trial.architecture == end.architecture);
    CHECK(trial.weights == end.weights);
    CHECK(trial.finished == end.finished);
    CHECK(trial.reports == std::map<std::int64_t, double>{{3, 0.25}});
    CHECK(trial.user_attributes ==
          Attributes{{"note", R"("caf\u00e9")"}, {"reason", R"("random")"}});
    CHECK(trial.system_attributes == end.system_attributes);
    CHECK(store.study(id).trials == 1);
}

STORE_TEST("failures keep their kind and reason, pruned trials their values") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    TrialFinish pruned = finish(1);
    pruned.state = TrialState::pruned;
    TrialFinish cut = pruned;
    cut.number = 2;
    cut.values.clear();
    store.commit(
        {.driver = driver,
         .starts = {start(0), start(1), start(2)},
         .finishes = {failure(0, FailureKind::infeasible, "latency_ms 9 > \"8\""), pruned, cut}});
    const auto trials = store.trials(id);
    REQUIRE(trials.size() == 3);
    CHECK(trials[0].state == TrialState::fail);
    REQUIRE(trials[0].failure);
    CHECK(trials[0].failure->kind == FailureKind::infeasible);
    CHECK(trials[0].failure->reason == "latency_ms 9 > \"8\"");
    CHECK(trials[0].system_attributes == start(0).system_attributes);
    CHECK(trials[1].state == TrialState::pruned);
    CHECK(trials[1].values == pruned.values);
    CHECK(trials[2].values.empty());
}

STORE_TEST("infinite values and metrics and NaN metrics and reports are kept as they are") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    TrialFinish end = finish(0);
    end.values = {kInfinity, -kInfinity};
    end.metrics = {{"a", std::nan("")}, {"b", kInfinity}, {"c", -kInfinity}, {"d", 0.1}};
    store.commit(
        {.driver = driver,
         .starts = {start(0)},
         .reports = {{0, 1, std::nan("")}, {0, 2, kInfinity}, {0, -3, 1e-300}, {0, 2, -kInfinity}},
         .finishes = {end}});
    const TrialRecord trial = store.trial(id, 0);
    CHECK(trial.values == end.values);
    REQUIRE(trial.metrics.size() == 4);
    CHECK(std::isnan(trial.metrics.at("a")));
    CHECK(trial.metrics.at("b") == kInfinity);
    CHECK(trial.metrics.at("c") == -kInfinity);
    CHECK(trial.metrics.at("d") == 0.1);
    REQUIRE(trial.reports.size() == 3);
    CHECK(trial.reports.at(-3) == 1e-300);
    CHECK(std::isnan(trial.reports.at(1)));
    CHECK(trial.reports.at(2) == -kInfinity);
}

STORE_TEST("a batch with a driver's bug is refused as such") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit({.driver = driver, .starts = {start(0)}});
    const auto refused = [&](const TrialFinish& end) {
        return error_of([&] { store.commit({.driver = driver, .finishes = {end}}); }) ==
               ErrorKind::internal;
    };
    TrialFinish end = finish(0);
    end.values[1] = std::nan("");
    CHECK(refused(end));
    end.values = {1.0};
    CHECK(refused(end));
    end = finish(0);
    end.state = TrialState::running;
    CHECK(refused(end));
    end = finish(0);
    end.failure = Failure{};
    CHECK(refused(end));
    end = failure(0, FailureKind::crashed, "");
    end.failure.reset();
    CHECK(refused(end));
    TrialStart twice = start(1);
    twice.params.push_back(twice.params.front());
    CHECK(error_of([&] { store.commit({.driver = driver, .starts = {twice}}); }) ==
          ErrorKind::internal);
    Artifact wrong = artifact("bytes");
    wrong.bytes = "other";
    CHECK(error_of([&] { store.commit({.driver = driver, .artifacts = {wrong}}); }) ==
          ErrorKind::internal);
    CHECK(store.trial(id, 0).state == TrialState::running);
    CHECK(store.trials(id).size() == 1);
}

STORE_TEST("numbers are dense and finished or unknown trials do not change") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit(finished_trials(driver, 0, 2));
    const auto conflict = [&](Batch batch) {
        batch.driver = driver;
        return error_of([&] { store.commit(batch); }) == ErrorKind::conflict;
    };
    CHECK(conflict({.starts = {start(1)}}));
    CHECK(conflict({.starts = {start(3)}}));
    CHECK(conflict({.starts = {start(2), start(2)}}));
    CHECK(conflict({.starts = {start(3), start(2)}}));
    CHECK(conflict({.retries = {{1, 2, at(5)}}}));
    CHECK(conflict({.reports = {{1, 1, 0.5}}}));
    CHECK(conflict({.finishes = {finish(1)}}));
    CHECK(conflict({.retries = {{9, 2, at(5)}}}));
    CHECK(conflict({.reports = {{9, 1, 0.5}}}));
    CHECK(conflict({.finishes = {finish(9)}}));
    CHECK(conflict({.finishes = {finish(-1)}}));
    CHECK(store.trials(id).size() == 2);
    CHECK(store.trial(id, 1).reports.empty());
}

STORE_TEST("of a batch that fails nothing remains") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit({.driver = driver, .starts = {start(0)}, .artifacts = {artifact("kept")}});
    Batch batch = finished_trials(driver, 1, 3);
    batch.finishes[0].weights = artifact("new").id;
    batch.retries = {{0, 2, at(9)}};
    batch.reports = {{0, 1, 0.5}};
    batch.front = std::vector<TrialNumber>{1};
    batch.artifacts = {artifact("new")};
    batch.dropped_weights = {1};
    batch.events = {{.time = at(1), .kind = "k", .body = "{}"}};
    batch.state = StudyState::complete;
    batch.finishes.push_back(finish(2));  // the second time
    CHECK(error_of([&] { store.commit(batch); }) == ErrorKind::conflict);

    CHECK(store.trials(id).size() == 1);
    CHECK(store.trial(id, 0).attempt == 1);
    CHECK(store.trial(id, 0).reports.empty());
    CHECK(store.front_history(id).empty());
    CHECK(store.events(id).empty());
    CHECK(store.study(id).state == StudyState::running);
    CHECK(store.artifact(artifact("kept").id) == "kept");
    CHECK(error_of([&] { store.artifact(artifact("new").id); }) == ErrorKind::not_found);
    store.commit(finished_trials(driver, 1, 3));
    CHECK(store.trials(id).size() == 4);
}

STORE_TEST("a retry begins the trial again under a new attempt") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit({.driver = driver, .starts = {start(0)}, .reports = {{0, 0, 0.5}, {0, 1, 0.25}}});
    store.commit({.driver = driver, .retries = {{0, 2, at(50)}}, .reports = {{0, 0, 0.75}}});
    const TrialRecord trial = store.trial(id, 0);
    CHECK(trial.reports == std::map<std::int64_t, double>{{0, 0.75}});
    CHECK(trial.attempt == 2);
    CHECK(trial.started == at(50));
    CHECK(trial.state == TrialState::running);
    CHECK(trial.params == start(0).params);
}

STORE_TEST("trials are read by number, from a first one, up to a limit") {
    TestType made;
    Store& store = *made;
    const Driver other_driver = drive(store, "other");
    const StudyId other = other_driver.study;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit(finished_trials(driver, 0, 3));
    store.commit(finished_trials(other_driver, 0, 2));
    store.commit(finished_trials(driver, 3, 4));
    const auto numbers = [&](TrialNumber first, std::int64_t limit) {
        std::vector<TrialNumber> found;
        for (const auto& trial : store.trials(id, first, limit)) {
            found.push_back(trial.number);
            check_same_start(trial, start(trial.number));
            CHECK(trial.values == finish(trial.number).values);
        }
        return found;
    };
    using Numbers = std::vector<TrialNumber>;
    CHECK(numbers(0, INT64_MAX) == Numbers{0, 1, 2, 3, 4, 5, 6});
    CHECK(numbers(5, INT64_MAX) == Numbers{5, 6});
    CHECK(numbers(2, 3) == Numbers{2, 3, 4});
    CHECK(numbers(6, 10) == Numbers{6});
    CHECK(numbers(7, 1).empty());
    CHECK(numbers(0, 0).empty());
    CHECK(store.trials(other).size() == 2);
}

STORE_TEST("a pruned trial is found by its key if it ended at a lower fidelity") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "a");
    for (const double fidelity : {1.0, 0.5}) {
        const TrialNumber number = fidelity == 1.0 ? 0 : 1;
        TrialStart begun = start(number);
        begun.fidelity = fidelity;
        TrialFinish pruned = finish(number);
        pruned.state = TrialState::pruned;
        pruned.reuse_key = hash_bytes("key");
        store.commit({.driver = driver, .starts = {begun}, .finishes = {pruned}});
        CHECK(store.find_result(hash_bytes("key")).has_value() == (fidelity < 1.0));
    }
}

STORE_TEST("a result is found by its key in any study, the one that ended first") {
    TestType made;
    Store& store = *made;
    const Driver driver_a = drive(store, "a");
    const Driver driver_b = drive(store, "b");
    const Digest key = hash_bytes("key");
    CHECK_FALSE(store.find_result(key));

    TrialFinish failed = failure(0, FailureKind::timed_out, "60 s");
    failed.reuse_key = key;
    store.commit({.driver = driver_a, .starts = {start(0), start(1)}, .finishes = {failed}});
    CHECK_FALSE(store.find_result(key));

    TrialFinish early = finish(0);
    early.reuse_key = key;
    early.finished = at(200);
    store.commit({.driver = driver_b, .starts = {start(0)}, .finishes = {early}});
    TrialFinish late = finish(1);
    late.reuse_key = key;
    late.finished = at(300);
    store.commit({.driver = driver_a, .finishes = {late}});
    const auto found = store.find_result(key);
    REQUIRE(found);
    CHECK(found->number == 0);
    CHECK(found->values == early.values);
    CHECK(found->params == start(0).params);
    CHECK_FALSE(store.find_result(hash_bytes("another key")));
}
