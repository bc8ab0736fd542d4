// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "tests/conformance/strategy.h"
#include "tests/search/elastic_space.h"
#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::tests {
namespace {

using namespace search;

using Log = std::vector<std::string>;

// The phases of the case; each one's checkpoint follows from the one before.
PhasedEvaluator::Function checkpointed(const StrategyCase& tested) {
    return [&tested](const Phase& phase, const evaluators::PhaseContext& context) {
        const std::string before = phase.warm_start ? context.load(*phase.warm_start) : "";
        context.save_checkpoint(to_string(hash_bytes(before + phase.name + phase.settings)));
        return tested.run_phase(phase);
    };
}

// A study that is driven by the strategy, of trials of which every sixth fails.
struct Study : StudyFixture {
    Study(const StrategyCase& tested, const spaces::SearchSpace& searched, Direction direction)
        : StudyFixture(searched), phased(delayed, checkpointed(tested)) {
        job.objectives[0].direction = direction;
        make_strategy = [this, &tested] {
            return tested.make({.space = space, .objectives = 1, .seed = job.seed});
        };
        evaluator = &phased;
    }

    FlakyEvaluator flaky{by_hash, 6};
    DelayedEvaluator delayed{flaky, std::chrono::microseconds(100)};
    PhasedEvaluator phased;
};

Log undisturbed_log(const StrategyCase& tested, const spaces::SearchSpace& space) {
    Study study(tested, space, Direction::minimize);
    study.run();
    return study.log();
}

void check_workers_do_not_show(const StrategyCase& tested,
                               const spaces::SearchSpace& space,
                               const Log& expected) {
    for (const int workers : {1, 2, 4}) {
        Study study(tested, space, Direction::minimize);
        study.run(workers);
        CHECK(study.log() == expected);
    }
}

void check_stops_do_not_show(const StrategyCase& tested,
                             const spaces::SearchSpace& space,
                             const Log& expected) {
    for (const std::int64_t stopped_after : {1, 7, 22, 35}) {
        Study study(tested, space, Direction::minimize);
        std::stop_source stop;
        StopAfter stopper(stopped_after, stop);
        study.observers = {&stopper};
        study.run(3, stop.get_token());
        study.observers = {};
        study.run(2);
        CHECK(study.log() == expected);
    }
}

// Killed at several commits in a row, each time by the one after.
void check_kills_do_not_show(const StrategyCase& tested,
                             const spaces::SearchSpace& space,
                             const Log& expected) {
    Study study(tested, space, Direction::minimize);
    CHECK(study.run_killed_at(2, 2));
    for (const int killed_at : {4, 6, 9, 5})
        study.run_killed_at(killed_at, 2);
    study.run(2);
    CHECK(study.log() == expected);
}

void check_direction_is_a_sign(const StrategyCase& tested, const spaces::SearchSpace& space) {
    const auto searched = [&](Direction direction) {
        Study study(tested, space, direction);
        const double sign = direction == Direction::minimize ? 1.0 : -1.0;
        const FakeEvaluator signed_error(
            {"error"}, [&](const Candidate& candidate, const evaluators::Context& context) {
                Outcome outcome = study.flaky.evaluate(candidate, context);
                if (auto* measurement = std::get_if<Measurement>(&outcome))
                    measurement->metrics["error"] *= sign;
                return outcome;
            });
        const PhasedEvaluator phased(signed_error, checkpointed(tested));
        study.evaluator = &phased;
        study.run();
        std::vector<std::string> genotypes;
        for (const store::TrialRecord& trial : study.trials())
            genotypes.push_back(trial.genotype);
        return genotypes;
    };
    CHECK(searched(Direction::maximize) == searched(Direction::minimize));
}

void check_study_on(const StrategyCase& tested, const spaces::SearchSpace& space) {
    INFO(space.name());
    const Log expected = undisturbed_log(tested, space);
    // Along a trade-off there are few of a chain's networks.
    REQUIRE(expected.size() > (tested.spaces == TestedOn::choices ? 6 : 16));
    check_workers_do_not_show(tested, space, expected);
    check_stops_do_not_show(tested, space, expected);
    check_kills_do_not_show(tested, space, expected);
    check_direction_is_a_sign(tested, space);
}

}  // namespace

void check_strategy_in_study(const StrategyCase& tested) {
    if (tested.spaces != TestedOn::parameters) {
        check_study_on(tested, *chain_space());
        return;
    }
    check_study_on(tested, mixed_space());
    check_study_on(tested, network_space());  // 32 points: ends before its 40 trials
}

}  // namespace parnas::tests
