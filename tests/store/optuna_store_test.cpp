// SPDX-License-Identifier: Apache-2.0
// What Optuna's storage contract asks of a store (store/optuna_store.h).
#include "store/optuna_store.h"

#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include "store/sqlite_store.h"
#include "tests/store/raw_sql.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

constexpr std::array kMinimize{Direction::minimize};
constexpr const char* kUnit =
    R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}})";
constexpr const char* kLog =
    R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.1, "high": 1.0, "log": true}})";

struct Fixture {
    TemporaryFolder folder;
    std::unique_ptr<Store> store = make_sqlite_store({.path = folder / "store.db"});
    OptunaStore& optuna = optuna_store(*store);
    StudyId study = optuna.create_study("s", kMinimize);

    bool apply(const OptunaChange& change) { return optuna.apply(std::span(&change, 1)); }
    bool set_state(TrialId id, TrialState state, std::vector<double> values = {}) {
        return apply(StateSet{.trial = id, .state = state, .values = std::move(values)});
    }
    void set_param(TrialId id, std::string name, double value, const char* distribution = kUnit) {
        apply(ParamSet{.trial = id, .param = {std::move(name), value, distribution}});
    }
    void set_attribute(TrialId id, std::string key, std::string value) {
        apply(TrialAttributeSet{.trial = id, .key = std::move(key), .value = std::move(value)});
    }
    // The one trial of the study, as trials() gives it.
    OptunaTrial only() { return *optuna.trials(study).at(0); }
};

template <typename Exception, typename Call>
bool throws(const Call& call) {
    try {
        call();
    } catch (const Exception&) {
        return true;
    } catch (const Error&) {
    }
    return false;
}

std::vector<std::int64_t> ids(const std::vector<SharedTrial>& trials) {
    std::vector<std::int64_t> found;
    for (const SharedTrial& trial : trials)
        found.push_back(static_cast<std::int64_t>(trial->id));
    return found;
}

template <typename Work>
void in_threads(int count, const Work& work) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back([&work, i] { work(i); });
}

}  // namespace

TEST_CASE("an Optuna client's study has its name, directions and attributes", "[store][optuna]") {
    Fixture at;
    const std::array directions{Direction::maximize, Direction::minimize};
    const StudyId id = at.optuna.create_study("caf\u00e9", directions);
    at.apply(StudyAttributeSet{.study = id, .key = "n", .value = "NaN"});
    at.apply(StudyAttributeSet{.study = id, .key = "n", .value = "[1, Infinity]"});
    at.apply(StudyAttributeSet{
        .study = id, .kind = AttributeKind::system, .key = "n", .value = "\"other\""});

    const OptunaStudy study = at.optuna.study(id);
    CHECK(study.name == "caf\u00e9");
    CHECK(study.directions == std::vector<Direction>{Direction::maximize, Direction::minimize});
    CHECK(study.attributes.user == Attributes{{"n", "[1, Infinity]"}});
    CHECK(study.attributes.system == Attributes{{"n", "\"other\""}});
    CHECK(at.optuna.find_study("caf\u00e9") == id);
    CHECK(at.optuna.studies().size() == 2);
    CHECK(at.store->study(id).spec.directions == study.directions);
}

TEST_CASE("names of studies are unique and their ids are never given again", "[store][optuna]") {
    Fixture at;
    CHECK(error_of([&] { at.optuna.create_study("s", kMinimize); }) == ErrorKind::conflict);
    CHECK(error_of([&] { at.optuna.create_study("", kMinimize); }) == ErrorKind::invalid_input);
    CHECK(error_of([&] { at.optuna.create_study("none", {}); }) == ErrorKind::invalid_input);
    const TrialId trial = at.optuna.create_trial(at.study);
    at.optuna.delete_study(at.study);
    const auto unknown = [](const auto& call) { return error_of(call) == ErrorKind::not_found; };
    CHECK(unknown([&] { at.optuna.delete_study(at.study); }));
    CHECK(unknown([&] { at.optuna.study(at.study); }));
    CHECK(unknown([&] { at.optuna.find_study("s"); }));
    CHECK(unknown([&] { at.optuna.trials(at.study); }));
    CHECK(unknown([&] { at.optuna.trial(trial); }));
    CHECK(unknown([&] { at.optuna.create_trial(at.study); }));
    CHECK(
        unknown([&] { at.apply(StudyAttributeSet{.study = at.study, .key = "k", .value = "1"}); }));
    const StudyId again = at.optuna.create_study("s", kMinimize);
    CHECK(again > at.study);
    CHECK(at.optuna.create_trial(again) > trial);
    CHECK(at.optuna.trials(again).size() == 1);
}

TEST_CASE("a trial lives from its creation to its values", "[store][optuna]") {
    Fixture at;
    const TrialId id = at.optuna.create_trial(at.study);
    CHECK(at.only().state == TrialState::running);
    CHECK(at.only().started);
    at.set_param(id, "x", 0.25);
    at.set_param(id, "a", 0.5);
    at.set_param(id, "x", 0.75);
    at.apply(ReportSet{.trial = id, .step = 3, .value = std::nan("")});
    at.apply(ReportSet{.trial = id, .step = -1, .value = 2.0});
    at.set_attribute(id, "note", "\"caf\\u00e9\"");
    CHECK(at.set_state(id, TrialState::complete, {-std::numeric_limits<double>::infinity()}));

    const OptunaTrial trial = at.only();
    CHECK(trial.study == at.study);
    CHECK(trial.state == TrialState::complete);
    CHECK(trial.finished >= trial.started);
    CHECK(trial.values == std::vector{-std::numeric_limits<double>::infinity()});
    CHECK(trial.params == std::vector<ParamRecord>{{"x", 0.75, kUnit}, {"a", 0.5, kUnit}});
    CHECK(trial.reports.at(-1) == 2.0);
    CHECK(std::isnan(trial.reports.at(3)));
    CHECK(trial.user_attributes == Attributes{{"note", "\"caf\\u00e9\""}});
    CHECK(at.optuna.trial(id)->params == trial.params);
    CHECK(at.optuna.find_trial(at.study, 0) == id);
    CHECK(error_of([&] { at.optuna.find_trial(at.study, 1); }) == ErrorKind::not_found);
}

TEST_CASE("a finished trial never changes", "[store][optuna]") {
    const auto state = GENERATE(TrialState::complete, TrialState::pruned, TrialState::fail);
    Fixture at;
    const TrialId id = at.optuna.create_trial(at.study);
    at.set_param(id, "x", 0.5);
    at.set_state(
        id, state, state == TrialState::complete ? std::vector{1.0} : std::vector<double>{});
    const OptunaTrial before = at.only();
    const auto refused = [](const auto& call) { return throws<FinishedTrialError>(call); };
    CHECK(refused([&] { at.set_param(id, "y", 0.5); }));
    CHECK(refused([&] { at.set_param(id, "x", 0.5, kLog); }));
    CHECK(refused([&] { at.set_attribute(id, "k", "1"); }));
    CHECK(refused([&] { at.apply(ReportSet{.trial = id, .value = 1.0}); }));
    for (const auto next : {TrialState::running, TrialState::waiting, TrialState::complete})
        CHECK(refused([&] { at.set_state(id, next); }));
    CHECK(at.only().params == before.params);
    CHECK(at.only().state == state);
}

TEST_CASE("a parameter keeps its kind, scale and choices within a study", "[store][optuna]") {
    Fixture at;
    const TrialId first = at.optuna.create_trial(at.study);
    at.set_param(first, "x", 0.5);
    const TrialId second = at.optuna.create_trial(at.study);
    const auto refused = [&] { at.set_param(second, "x", 0.5, kLog); };
    CHECK(throws<IncompatibleDistributionError>(refused));
    CHECK(error_of(refused) == ErrorKind::invalid_input);
    CHECK(error_of([&] { at.set_param(second, "y", 0.5, "{}"); }) == ErrorKind::invalid_input);
    CHECK(error_of([&] { at.set_param(second, "y", std::nan("")); }) == ErrorKind::invalid_input);
    CHECK(at.optuna.trial(second)->params.empty());
    const StudyId other = at.optuna.create_study("other", kMinimize);
    at.set_param(at.optuna.create_trial(other), "x", 0.5, kLog);
    OptunaTrial like;
    like.params = {{"x", 0.5, kLog}};
    CHECK(throws<IncompatibleDistributionError>([&] { at.optuna.create_trial(at.study, like); }));
    CHECK(at.optuna.trials(at.study).size() == 2);
}

TEST_CASE("objective values are numbers, one for each objective", "[store][optuna]") {
    Fixture at;
    const TrialId id = at.optuna.create_trial(at.study);
    const auto refused = [&](std::vector<double> values) {
        return error_of([&] { at.set_state(id, TrialState::complete, values); }) ==
               ErrorKind::invalid_input;
    };
    CHECK(refused({std::nan("")}));
    CHECK(refused({1.0, 2.0}));
    CHECK(at.only().state == TrialState::running);
    CHECK(at.only().values.empty());
}

TEST_CASE("states change as Optuna's storages change them", "[store][optuna]") {
    Fixture at;
    OptunaTrial like;
    like.state = TrialState::waiting;
    const TrialId id = at.optuna.create_trial(at.study, like);
    CHECK_FALSE(at.only().started);
    CHECK(at.set_state(id, TrialState::running));
    const auto started = at.only().started;
    CHECK(started);
    CHECK_FALSE(at.set_state(id, TrialState::running, {1.0}));
    CHECK(at.only().started == started);
    CHECK(at.only().values.empty());
    CHECK(at.set_state(id, TrialState::waiting));
    CHECK(at.set_state(id, TrialState::fail));
    CHECK(at.only().finished);
}

TEST_CASE("a template gives a trial all but its id and number", "[store][optuna]") {
    Fixture at;
    at.optuna.create_trial(at.study);
    OptunaTrial like;
    like.id = TrialId{77};
    like.number = 77;
    like.state = TrialState::pruned;
    like.values = {0.5};
    like.params = {{"x", 0.25, kUnit}, {"b", 0.5, kUnit}};
    like.reports = {{1, 0.5}, {2, std::numeric_limits<double>::infinity()}};
    like.user_attributes = {{"u", "1"}};
    like.system_attributes = {{"fixed_params", R"({"x": 0.25})"}};
    like.started = samples::at(1);
    like.finished = samples::at(2);
    const OptunaTrial made = *at.optuna.trial(at.optuna.create_trial(at.study, like));
    CHECK(made.id != like.id);
    CHECK(made.number == 1);
    CHECK(made.state == like.state);
    CHECK(made.values == like.values);
    CHECK(made.params == like.params);
    CHECK(made.reports == like.reports);
    CHECK(made.user_attributes == like.user_attributes);
    CHECK(made.system_attributes == like.system_attributes);
    CHECK(made.started == like.started);
    CHECK(made.finished == like.finished);
}

TEST_CASE("a cursor gives what is new and what was asked for by id", "[store][optuna]") {
    Fixture at;
    std::vector<TrialId> made;
    for (int i = 0; i < 5; ++i)
        made.push_back(at.optuna.create_trial(at.study));
    const StudyId other = at.optuna.create_study("other", kMinimize);
    const TrialId elsewhere = at.optuna.create_trial(other);
    CHECK(ids(at.optuna.trials(at.study)) == std::vector<std::int64_t>{1, 2, 3, 4, 5});
    const auto some = at.optuna.trials(
        at.study, {.after = made[2], .included = {made[4], made[0], elsewhere, made[0]}});
    CHECK(ids(some) == std::vector<std::int64_t>{1, 4, 5});
    CHECK(at.optuna.trials(at.study, {.after = made[4]}).empty());
    const SharedTrial before = some[0];
    at.set_state(made[0], TrialState::fail);
    CHECK(before->state == TrialState::running);
    CHECK(at.optuna.trials(at.study, {.after = made[4], .included = {made[0]}}).at(0)->state ==
          TrialState::fail);
}

TEST_CASE("changes that are sent together are made together or not at all", "[store][optuna]") {
    Fixture at;
    const TrialId a = at.optuna.create_trial(at.study);
    const TrialId b = at.optuna.create_trial(at.study);
    const std::vector<OptunaChange> lost{ParamSet{.trial = a, .param = {"x", 0.5, kUnit}},
                                         StateSet{.trial = b, .state = TrialState::running}};
    CHECK_FALSE(at.optuna.apply(lost));
    const std::vector<OptunaChange> wrong{ParamSet{.trial = a, .param = {"x", 0.5, kUnit}},
                                          ParamSet{.trial = b, .param = {"x", 0.5, kLog}}};
    CHECK(throws<IncompatibleDistributionError>([&] { at.optuna.apply(wrong); }));
    CHECK(at.optuna.trial(a)->params.empty());
    const std::vector<OptunaChange> right{
        ParamSet{.trial = a, .param = {"x", 0.5, kUnit}},
        StateSet{.trial = a, .state = TrialState::complete, .values = {1.0}}};
    CHECK(at.optuna.apply(right));
    CHECK(at.optuna.trial(a)->values == std::vector{1.0});
}

TEST_CASE("trials that many threads make have dense numbers and rising ids", "[store][optuna]") {
    Fixture at;
    in_threads(8, [&](int) {
        for (int i = 0; i < 25; ++i) {
            const TrialId id = at.optuna.create_trial(at.study);
            at.set_param(id, "x", 0.5);
            at.set_state(id, TrialState::complete, {1.0});
        }
    });
    const auto trials = at.optuna.trials(at.study);
    REQUIRE(trials.size() == 200);
    for (std::size_t i = 0; i < trials.size(); ++i) {
        CHECK(trials[i]->number == static_cast<TrialNumber>(i));
        CHECK(trials[i]->state == TrialState::complete);
        CHECK(trials[i]->params.size() == 1);
        CHECK((i == 0 || trials[i]->id > trials[i - 1]->id));
    }
}

TEST_CASE("a waiting trial is popped by one of those who try", "[store][optuna]") {
    Fixture at;
    OptunaTrial like;
    like.state = TrialState::waiting;
    std::vector<TrialId> queued;
    for (int i = 0; i < 30; ++i)
        queued.push_back(at.optuna.create_trial(at.study, like));
    std::atomic<int> pops = 0;
    in_threads(10, [&](int) {
        for (const TrialId id : queued)
            if (at.set_state(id, TrialState::running))
                ++pops;
    });
    CHECK(pops == 30);
}

TEST_CASE("readers never see a finished trial before an earlier one", "[store][optuna]") {
    Fixture at;
    std::atomic<bool> done = false;
    std::jthread reader([&] {
        TrialId last{-1};
        std::set<std::int64_t> seen;
        while (!done || seen.size() < 100) {
            for (const auto id : ids(at.optuna.trials(at.study, {.after = last})))
                seen.insert(id);
            last = seen.empty() ? last : static_cast<TrialId>(*seen.rbegin());
        }
    });
    in_threads(4, [&](int) {
        for (int i = 0; i < 25; ++i)
            at.set_state(at.optuna.create_trial(at.study), TrialState::complete, {1.0});
    });
    done = true;
}

TEST_CASE("a study that parnas drives may be read, and only its attributes set",
          "[store][optuna]") {
    Fixture at;
    const Driver driver = drive(*at.store, "driven");
    at.store->commit({.driver = driver, .starts = {start(0), start(1), start(2)}});
    CHECK(at.optuna.trials(driver.study).size() == 3);
    at.store->commit(
        {.driver = driver, .finishes = {finish(0), failure(1, FailureKind::infeasible, "8 > 7")}});
    const auto trials = at.optuna.trials(driver.study);
    CHECK(trials[0]->state == TrialState::complete);
    CHECK(trials[0]->values == finish(0).values);
    CHECK(trials[1]->system_attributes.contains("parnas:failure"));

    const TrialId id = trials[2]->id;
    const auto refused = [&](const auto& call) { return error_of(call) == ErrorKind::conflict; };
    CHECK(refused([&] { at.optuna.create_trial(driver.study); }));
    CHECK(refused([&] { at.set_param(id, "x", 0.5); }));
    CHECK(refused([&] { at.set_state(id, TrialState::fail); }));
    CHECK(refused([&] { at.apply(ReportSet{.trial = id, .value = 1.0}); }));
    CHECK(refused([&] { at.optuna.delete_study(driver.study); }));
    at.set_attribute(id, "k", "1");
    CHECK(at.optuna.trials(driver.study)[2]->user_attributes.contains("k"));

    at.store->release(driver);
    CHECK(at.set_state(id, TrialState::fail));
    CHECK(at.optuna.create_trial(driver.study) > id);
}

TEST_CASE("what another program writes is seen at once", "[store][optuna]") {
    Fixture at;
    const TrialId id = at.optuna.create_trial(at.study);
    at.set_state(at.optuna.create_trial(at.study), TrialState::complete, {1.0});
    CHECK(at.optuna.trials(at.study).size() == 2);
    const RawSql sql(at.folder / "store.db");
    sql.run(
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)"
        " VALUES (1, 'x', 0.5, '{}')");
    CHECK(at.optuna.trials(at.study)[0]->params.size() == 1);
    sql.run("INSERT INTO trials (trial_id, number, study_id, state) VALUES (3, 2, 1, 'WAITING')");
    CHECK(at.optuna.trials(at.study).size() == 3);
    at.set_state(id, TrialState::fail);
    sql.run("UPDATE trials SET state = 'FAIL' WHERE trial_id = 3");
    const auto trials = at.optuna.trials(at.study);
    CHECK(trials[0]->state == TrialState::fail);
    CHECK(trials[2]->state == TrialState::fail);
    sql.run("DELETE FROM trials WHERE trial_id = 2");
    CHECK(ids(at.optuna.trials(at.study)) == std::vector<std::int64_t>{1, 3});
    sql.run("DELETE FROM studies");
    CHECK(error_of([&] { at.optuna.trials(at.study); }) == ErrorKind::not_found);
}

TEST_CASE("what an Optuna client wrote is there when the store is opened again",
          "[store][optuna]") {
    Fixture at;
    const TrialId id = at.optuna.create_trial(at.study);
    at.set_param(id, "x", 0.5);
    at.set_state(id, TrialState::complete, {1.0});
    at.store.reset();
    const auto store = make_sqlite_store({.path = at.folder / "store.db"});
    CHECK(optuna_store(*store).trials(at.study).at(0)->values == std::vector{1.0});
    CHECK(store->trials(at.study).at(0).params.size() == 1);
    const auto reading =
        make_sqlite_store({.path = at.folder / "store.db", .mode = OpenMode::read_only});
    OptunaStore& optuna = optuna_store(*reading);
    CHECK(optuna.trials(at.study).size() == 1);
    CHECK(error_of([&] { optuna.create_trial(at.study); }) == ErrorKind::conflict);
}

TEST_CASE("running trials of clients are found, those of drivers not", "[store][optuna]") {
    Fixture at;
    const TrialId running = at.optuna.create_trial(at.study);
    at.set_state(at.optuna.create_trial(at.study), TrialState::complete, {1.0});
    const Driver driver = drive(*at.store, "driven");
    at.store->commit({.driver = driver, .starts = {start(0)}});
    CHECK(at.optuna.running_trials() == std::vector{running});
}

TEST_CASE("a memory store does not speak Optuna's protocols", "[store][optuna]") {
    const auto store = make_memory_store();
    CHECK(error_of([&] { optuna_store(*store); }) == ErrorKind::invalid_input);
}
