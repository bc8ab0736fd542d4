// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/builtins.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

using namespace parnas;
using namespace parnas::search;
using namespace parnas::tests;

namespace {

const std::map<std::string, std::string> kOptions = {
    {"expected_gain", R"({"type": "expected_gain", "below": 30})"},
    {"regret_bound", R"({"type": "regret_bound", "below": 1e6})"},
    {"stagnation", R"({"type": "stagnation", "trials": 7})"},
};

std::unique_ptr<Terminator> make(const TerminatorFactory& factory,
                                 const std::string& options,
                                 const spaces::SearchSpace& space) {
    const Json json = parse_json(options, "stop_when");
    Faults faults;
    ObjectReader reader(json, "/stop_when", faults);
    CHECK(reader.has("type"));
    (void)reader.text("type");
    auto made = factory(reader, {.space = space, .objectives = {{.metric = "error"}}, .seed = 5});
    reader.finish();
    REQUIRE(faults.empty());
    return made;
}

// Completes, fails, breaks a limit, is pruned, or ended at a lower fidelity.
std::vector<Trial> mixed_trials(const spaces::SearchSpace& space, std::size_t count) {
    Rng rng(8);
    std::vector<Trial> trials;
    for (std::size_t i = 0; i < count; ++i) {
        Trial trial{.number = static_cast<TrialNumber>(i),
                    .genotype = spaces::sample_feasible(space, rng),
                    .objectives = {rng.uniform(0.0, 50.0)}};
        const std::uint64_t fate = rng.below(8);
        if (fate < 2) {
            trial.state = fate == 0 ? TrialState::fail : TrialState::pruned;
            trial.objectives.clear();
        } else if (fate == 2) {
            trial.violation = 0.5;
        } else if (fate == 3) {
            trial.state = TrialState::pruned;
            trial.fidelity = 0.5;
        }
        trials.push_back(trial);
    }
    return trials;
}

// Calls `check` for every registered terminator.
template <typename Check>
void for_each_terminator(const Check& check) {
    Registries registries;
    register_terminators(registries);
    REQUIRE(registries.terminators.names().size() == kOptions.size());
    for (const std::string& name : registries.terminators.names()) {
        INFO(name);
        check(registries.terminators.find(name), kOptions.at(name));
    }
}

}  // namespace

TEST_CASE("every terminator says the same however it was told", "[search][terminators]") {
    const FakeSpace space = mixed_space();
    const std::vector<Trial> trials = mixed_trials(space, 60);
    for_each_terminator([&](const TerminatorFactory& factory, const std::string& options) {
        const auto step_by_step = make(factory, options, space);
        for (std::size_t i = 0; i < trials.size(); ++i) {
            step_by_step->tell(trials[i]);
            const std::optional<std::string> verdict = step_by_step->verdict();
            CHECK(step_by_step->verdict() == verdict);
            if (i % 9 != 0)
                continue;
            const auto at_once = make(factory, options, space);
            for (std::size_t j = 0; j <= i; ++j)
                at_once->tell(trials[j]);
            CHECK(at_once->verdict() == verdict);
        }
    });
}

TEST_CASE("no terminator stops before twenty trials of fidelity 1", "[search][terminators]") {
    const FakeSpace space = mixed_space();
    const Genotype same = spaces::normalised(space.params(), mixed_trials(space, 1)[0].genotype);
    for_each_terminator([&](const TerminatorFactory& factory, const std::string& options) {
        const auto terminator = make(factory, options, space);
        for (TrialNumber number = 0; number < 60; ++number) {
            const bool full = number % 3 == 0;
            terminator->tell({.number = number,
                              .genotype = same,
                              .state = full ? TrialState::complete : TrialState::pruned,
                              .objectives = {1.0},
                              .fidelity = full ? 1.0 : 0.5});
            CHECK(terminator->verdict().has_value() == (number >= 57));
        }
    });
}

TEST_CASE("no terminator minds a search of which nothing comes", "[search][terminators]") {
    const FakeSpace space = mixed_space();
    for_each_terminator([&](const TerminatorFactory& factory, const std::string& options) {
        const auto terminator = make(factory, options, space);
        for (Trial& trial : mixed_trials(space, 40)) {
            trial.state = TrialState::fail;
            trial.objectives.clear();
            terminator->tell(trial);
            CHECK_NOTHROW(terminator->verdict());
        }
    });
}
