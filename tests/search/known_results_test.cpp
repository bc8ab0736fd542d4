// SPDX-License-Identifier: Apache-2.0
#include "search/known_results.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/search/small_jobs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// Its accuracy is the optimizer.
std::string known_job(const std::string& name, const std::string& lines) {
    return "name: " + name + R"(
space: mixed
objectives: {accuracy: maximize}
evaluator: {type: count}
budget: {trials: 12}
seed: 5
)" + lines +
           "\n";
}

JobSpec stored_job(const store::Store& store, StudyId id) {
    Faults faults;
    JobSpec job = read_job(parse_json(store.study(id).spec.job, "job"), "/", 4, faults);
    faults.throw_if_any();
    return job;
}

std::vector<store::TrialRecord> run(const PreparedStudy& study, store::Store& store, int trials) {
    PreparedStudy limited = study;
    limited.job.budget.trials = trials;
    const StudyId id = create_study(limited, store);
    run_study(limited, store, id, 1, {}, {});
    return store.trials(id);
}

// A store with a study of 12 random trials named "begun".
std::unique_ptr<store::Store> begun_store() {
    auto store = store::make_memory_store();
    run(prepare(known_job("begun", "strategy: {type: random}")), *store, 12);
    return store;
}

constexpr const char* kTwo =
    "known: [{values: {optimizer: 1, lr: 0.1, momentum: 0.5, layers: 1}, metrics: {accuracy: "
    "0.75}}, "
    "{values: {optimizer: 0, lr: 0.01, layers: 2, width: 16}, metrics: {accuracy: 0.5, size: 3}}]";

}  // namespace

TEST_CASE("known results are told as complete trials, and kept in the job", "[search][known]") {
    const PreparedStudy study = prepare(known_job("a", kTwo));
    const std::vector<Trial> trials =
        known_trials(study.job.known, *study.space, study.job.objectives, {{"size", 2.0}});
    REQUIRE(trials.size() == 2);
    CHECK(trials[0].number == -2);
    CHECK(trials[0].state == TrialState::complete);
    CHECK(trials[0].objectives == std::vector{-0.75});
    CHECK(trials[0].violation == 0.0);
    CHECK(trials[1].number == -1);
    CHECK(trials[1].violation == 0.5);
    CHECK(spaces::to_assignment(study.space->params(), trials[1].genotype) ==
          study.job.known[1].values);
    const auto store = store::make_memory_store();
    const JobSpec kept = stored_job(*store, create_study(study, *store));
    REQUIRE(kept.known.size() == 2);
    CHECK(kept.known[0].values == study.job.known[0].values);
    CHECK(kept.known[1].metrics == study.job.known[1].metrics);
}

TEST_CASE("known results that no trial can have are faults with their places", "[search][known]") {
    using Places = std::vector<std::string>;
    CHECK(places_of_faults(known_job("a", "known: {lr: 0.1}")) == Places{"/known"});
    CHECK(places_of_faults(known_job("a", "known: [{values: 3, why: x}]")) ==
          Places{"/known/0/values", "/known/0", "/known/0/why"});
    CHECK(
        places_of_faults(known_job("a", "known: [{values: {lr: 0.1}, metrics: {accuracy: x}}]")) ==
        Places{"/known/0/metrics/accuracy"});
    CHECK(places_of_faults(known_job("a", "known: [{values: {lr: 0.1}, metrics: {loss: 1}}]")) ==
          Places{"/known/0/values", "/known/0/metrics"});
    CHECK(places_of_faults(known_job("a", "warm_start: {study: b, tell: -1}")) ==
          Places{"/warm_start/tell"});
}

TEST_CASE("a study's strategy learns from the trials of others", "[search][known][warm_start]") {
    const auto store = begun_store();
    PreparedStudy study = prepare(known_job(
        "second",
        "strategy: {type: tpe}\nwarm_start: {study: begun, trials: best, count: 2, tell: 100}"));
    CHECK(resolve_warm_start(study, *store) == 0);
    CHECK_FALSE(study.job.warm_start);
    CHECK(study.job.initial.size() == 2);
    REQUIRE(study.job.known.size() == 10);  // those that are not tried again
    const auto trials = run(study, *store, 4);
    REQUIRE(trials.size() == 4);
    CHECK_THAT(trials[1].user_attributes.at("reason"), Catch::Contains("warm start"));
    // After two trials of its own, since ten more are known.
    CHECK_THAT(trials[2].user_attributes.at("reason"), Catch::StartsWith("\"log l - log g"));
}

TEST_CASE("a study that was told of others goes on without them", "[search][known][warm_start]") {
    const auto store = begun_store();
    PreparedStudy study = prepare(known_job(
        "second",
        "strategy: {type: tpe}\nlag: 1\nwarm_start: {study: begun, count: 1, tell: 100}"));
    resolve_warm_start(study, *store);
    const auto whole = run(study, *store, 12);
    const auto elsewhere = store::make_memory_store();
    study.job.budget.trials = 5;
    const StudyId id = create_study(study, *elsewhere);
    run_study(study, *elsewhere, id, 1, {}, {});
    PreparedStudy resumed = study;
    resumed.job = stored_job(*elsewhere, id);
    resumed.job.budget.trials = 12;
    run_study(resumed, *elsewhere, id, 1, {}, {});
    const auto trials = elsewhere->trials(id);
    REQUIRE(trials.size() == 12);
    REQUIRE(whole.size() == 12);
    for (std::size_t i = 0; i < trials.size(); ++i) {
        CHECK(trials[i].genotype == whole[i].genotype);
        CHECK(trials[i].user_attributes.at("reason") == whole[i].user_attributes.at("reason"));
    }
}

TEST_CASE("trials that do not fit are not told but counted", "[search][known][warm_start]") {
    const auto store = begun_store();
    const WarmStart all{.studies = {"begun"}, .tell = 100};
    const tests::FakeSpace narrow(
        {.name = "narrow@1",
         .params = {
             {.name = "lr", .domain = spaces::Real{.low = 1e-4, .high = 0.03, .log = true}}}});
    const std::vector<Objective> accuracy{{.metric = "accuracy", .direction = Direction::maximize}};
    const KnownOfOthers fitting = known_of(all, {}, narrow, accuracy, *store);
    CHECK(fitting.left_out > 0);
    CHECK_FALSE(fitting.results.empty());
    CHECK(fitting.results.size() + fitting.left_out == 12);
    for (const KnownResult& result : fitting.results) {
        CHECK(std::get<double>(result.values.at("lr")) <= 0.03);
        CHECK(result.metrics.contains("accuracy"));
    }
    CHECK(
        known_of({.studies = {"begun"}, .tell = 1}, {}, narrow, accuracy, *store).results.size() ==
        1);
    const std::vector<Objective> other{{.metric = "loss"}};
    CHECK(known_of(all, {}, narrow, other, *store).left_out == 12);
    CHECK(known_of(all, {}, tests::small_space(), accuracy, *store).left_out == 12);
}

TEST_CASE("every strategy without phases goes on from known results", "[search][known]") {
    const auto store = begun_store();
    std::size_t tried = 0;
    for (const std::string& name : registries().strategies.names()) {
        INFO(name);
        const std::string lines =
            "strategy: {type: " + name + "}\nwarm_start: {study: begun, count: 1, tell: 100}";
        const auto refused = places_of_faults(known_job(name, lines));
        if (!refused.empty()) {
            CHECK(refused.front().starts_with("/strategy"));
            continue;
        }
        PreparedStudy study = prepare(known_job(name, lines));
        resolve_warm_start(study, *store);
        CHECK(run(study, *store, 30).size() == 30);
        ++tried;
    }
    CHECK(tried >= 8);
}

}  // namespace parnas::search
