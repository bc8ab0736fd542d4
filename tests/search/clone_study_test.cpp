// SPDX-License-Identifier: Apache-2.0
#include "search/clone_study.h"

#include <algorithm>

#include "search/check_fronts.h"
#include "search/choose.h"
#include "tests/search/small_jobs.h"
#include "tests/support/catch.h"
#include "tests/support/fake_store.h"

namespace parnas::search {
namespace {

constexpr const char* kJob = R"(
name: original
space: net
objectives: {accuracy: maximize, latency_ms: minimize}
evaluator: {type: count, offset: 1}
target: {model: fake}
strategy: {type: nsga2, population: 6}
budget: {trials: 30}
initial: [{width: 3}, {width: 2}]
reuse: none
)";

struct Lab {
    std::unique_ptr<store::Store> store = store::make_memory_store();
    PreparedStudy study = prepare(kJob);
    StudyId id = create_study(study, *store);

    void run() { run_study(study, *store, id, 1, {}, {}); }
    // As if killed before its n-th commit, with trials on the way.
    void run_until(int commit) {
        tests::FlakyStore flaky(*store, [&](int number) {
            if (number == commit)
                throw Error(ErrorKind::damaged, "killed");
        });
        CHECK_THROWS_AS(run_study(study, flaky, id, 1, {}, {}), Error);
    }
    StudyId clone(const std::string& name, CloneTrials trials, JobSpec job) {
        job.name = name;
        return clone_study(*store, store->study(id), std::move(job), trials);
    }
    StudyId clone(const std::string& name, CloneTrials trials) {
        return clone(name, trials, study.job);
    }
};

// What two runs of one job have in common.
std::vector<std::string> log(const store::Store& store, StudyId id) {
    std::vector<std::string> lines;
    for (const store::TrialRecord& trial : store.trials(id)) {
        std::string line = std::to_string(trial.number) + ' ' + trial.genotype + ' ' +
                           std::string(to_string(trial.state)) + std::to_string(trial.seed);
        for (const double value : trial.values)
            line += ' ' + std::to_string(value);
        for (const auto& [key, value] : trial.user_attributes)
            line += ' ' + key + value;
        lines.push_back(line);
    }
    return lines;
}

}  // namespace

TEST_CASE("a clone with all trials goes on as the study itself", "[search][clone]") {
    for (const int commit : {2, 4, 6}) {  // of at least 8, since the lag is 4
        Lab lab;
        lab.run_until(commit);
        CAPTURE(commit);
        REQUIRE(std::ranges::any_of(lab.store->trials(lab.id), [](const auto& trial) {
            return trial.state == TrialState::running;
        }));
        const StudyId clone = lab.clone("clone", CloneTrials::all);
        CHECK(log(*lab.store, clone) == log(*lab.store, lab.id));
        CHECK(lab.store->front(clone) == lab.store->front(lab.id));
        run_study(lab.study, *lab.store, clone, 1, {}, {});
        run_study(lab.study, *lab.store, lab.id, 1, {}, {});
        CHECK(log(*lab.store, clone).size() == 30);
        CHECK(log(*lab.store, clone) == log(*lab.store, lab.id));
        CHECK(lab.store->front(clone) == lab.store->front(lab.id));
    }
}

TEST_CASE("a clone without trials is the job again", "[search][clone]") {
    Lab lab;
    lab.run_until(4);
    const StudyId clone = lab.clone("clone", CloneTrials::none);
    CHECK(lab.store->trials(clone).empty());
    CHECK(lab.store->study(clone).state == store::StudyState::stopped);
    CHECK(lab.store->study(clone).state_reason == "a clone of 'original'");
    CHECK(lab.store->attributes(clone).system.at("parnas:cloned_from") ==
          R"({"study":"original","trials":0})");
    run_study(lab.study, *lab.store, clone, 1, {}, {});
    run_study(lab.study, *lab.store, lab.id, 1, {}, {});
    CHECK(log(*lab.store, clone) == log(*lab.store, lab.id));
}

TEST_CASE("a clone of the front has its trials alone, numbered anew", "[search][clone]") {
    Lab lab;
    lab.run();
    const StudyId clone = lab.clone("clone", CloneTrials::front);
    const std::vector<TrialNumber> front = lab.store->front(lab.id);
    const auto trials = lab.store->trials(clone);
    REQUIRE(trials.size() == front.size());
    for (std::size_t i = 0; i < trials.size(); ++i) {
        const store::TrialRecord source = lab.store->trial(lab.id, front[i]);
        CHECK(trials[i].number == static_cast<TrialNumber>(i));
        CHECK(trials[i].genotype == source.genotype);
        CHECK(trials[i].values == source.values);
        CHECK(trials[i].finished == source.finished);
        CHECK_FALSE(trials[i].user_attributes.contains("parents"));
        CHECK(trials[i].system_attributes.at("parnas:cloned_from") ==
              "{\"study\":\"original\",\"trial\":" + std::to_string(front[i]) + "}");
    }
    CHECK(lab.store->front(clone).size() == front.size());
    CHECK(check_fronts(*lab.store).empty());
    const Json kept = parse_json(lab.store->study(clone).spec.job, "job");
    CHECK_FALSE(kept.contains("initial"));
    CHECK(kept.at("name") == "clone");
}

TEST_CASE("other limits give the clone another front, and other spaces no trials",
          "[search][clone]") {
    Lab lab;
    lab.run();
    JobSpec job = lab.study.job;
    job.limits["latency_ms"] = 12.0;
    const StudyId limited = lab.clone("limited", CloneTrials::all, job);
    CHECK(lab.store->front(limited).size() < lab.store->front(lab.id).size());
    CHECK(check_fronts(*lab.store).empty());

    job.evaluator = R"({"type":"count","offset":2})";
    job.objectives.pop_back();
    std::vector<std::string> places;
    try {
        lab.clone("other", CloneTrials::front, job);
    } catch (const Error& error) {
        for (const Fault& fault : error.faults())
            places.push_back(fault.where);
    }
    CHECK(places == std::vector<std::string>{"/objectives", "/evaluator"});
    CHECK(lab.store->studies().size() == 2);
    lab.clone("other", CloneTrials::none, job);
    CHECK_THROWS_AS(lab.clone("other", CloneTrials::none), Error);
}

TEST_CASE("a clone with all trials has the phases and keeps their checkpoint", "[search][clone]") {
    Lab lab;
    lab.run();
    const std::string bytes = "a supernet";
    const store::PhaseRecord phase{.name = "supernet",
                                   .settings = R"({"epoch": 0})",
                                   .told = 7,
                                   .metrics = {{"loss", 0.5}},
                                   .checkpoint = hash_bytes(bytes),
                                   .kept = true};
    const store::Driver driver =
        lab.store->acquire_study(lab.id, store::this_process(), Seconds(60));
    lab.store->commit(
        {.driver = driver,
         .phases = {phase},
         .artifacts = {{.id = hash_bytes(bytes), .kind = "checkpoint", .bytes = bytes}}});
    const StudyId clone = lab.clone("clone", CloneTrials::all);
    const std::vector<store::PhaseRecord> phases = lab.store->phases(clone);
    REQUIRE(phases.size() == 1);
    CHECK(phases[0].settings == phase.settings);
    CHECK(phases[0].told == 7);
    CHECK(phases[0].kept);
    lab.store->commit({.driver = driver, .dropped_checkpoints = {0}});
    CHECK(lab.store->artifact(hash_bytes(bytes)) == bytes);
    CHECK(lab.store->phases(lab.clone("front", CloneTrials::front)).empty());
    CHECK(lab.store->phases(lab.clone("none", CloneTrials::none)).empty());
}

}  // namespace parnas::search
