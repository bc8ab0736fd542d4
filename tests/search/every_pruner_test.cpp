// SPDX-License-Identifier: Apache-2.0
// That the driver's promises hold with every pruner, as it is made from a job.
#include <algorithm>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "search/builtins.h"
#include "tests/search/learner.h"
#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using store::StudyState;
using tests::FakeSpace;
using tests::StopAfter;
using tests::StudyFixture;

// Options with which a learner's trials are stopped and completed.
const std::vector<std::pair<std::string, Json>> kPruners{
    {"asha", Json::object()},
    {"hyperband", Json::object()},
    {"hyperband", {{"max_resource", tests::kLearnerSteps}, {"reduction_factor", 2}}},
    {"median", Json::object()},
    {"patient", {{"patience", 1}}},
    {"patient", {{"patience", 0}, {"wrapped", {{"type", "percentile"}, {"percentile", 10}}}}},
    {"percentile", {{"percentile", 75}, {"warmup_steps", 1}}},
    {"successive_halving", Json::object()},
    {"threshold", {{"upper", 2.0}}},
    {"wilcoxon", Json::object()},
};

std::unique_ptr<Pruner> make(const std::string& name, const Json& options) {
    Registries registries;
    register_pruners(registries);
    Faults faults;
    ObjectReader reader(options, "/pruner", faults);
    auto pruner = registries.pruners.find(name)(reader, {.metric = "error"});
    reader.finish();
    faults.throw_if_any();
    return pruner;
}

}  // namespace

TEST_CASE("every pruner is tried in a study", "[search][pruning]") {
    Registries registries;
    register_pruners(registries);
    const std::vector<std::string> names = registries.pruners.names();
    std::set<std::string> tried;
    for (const auto& [name, options] : kPruners)
        tried.insert(name);
    CHECK(tried == std::set(names.begin(), names.end()));
}

TEST_CASE("with every pruner the log is that of one worker without interruptions",
          "[search][pruning]") {
    const FakeSpace space = tests::cell_space();
    for (const auto& [name, options] : kPruners) {
        CAPTURE(name, dump_json(options));
        const auto prepare = [&, &type = name, &given = options](StudyFixture& study) {
            study.evaluator = &tests::kUnevenLearner;
            study.pruner = make(type, given);
            study.job.finalists = 1;
        };
        StudyFixture undisturbed(space);
        prepare(undisturbed);
        CHECK(undisturbed.run().reason == "budget: 40 trials");
        const auto trials = undisturbed.trials();
        CHECK(std::ranges::count(trials, TrialState::pruned, &store::TrialRecord::state) >= 3);
        CHECK(std::ranges::count(trials, TrialState::complete, &store::TrialRecord::state) >= 3);

        StudyFixture stopped(space);
        prepare(stopped);
        std::stop_source stop;
        StopAfter stopper(13, stop);
        stopped.observers = {&stopper};
        CHECK(stopped.run(3, stop.get_token()).state == StudyState::stopped);
        stopped.observers = {};
        CHECK(stopped.run(2).state == StudyState::complete);
        CHECK(stopped.log() == undisturbed.log());

        StudyFixture killed(space);
        prepare(killed);
        CHECK(killed.run_killed_at(15, 4));
        CHECK(killed.run(3).state == StudyState::complete);
        CHECK(killed.log() == undisturbed.log());
    }
}

}  // namespace parnas::search
