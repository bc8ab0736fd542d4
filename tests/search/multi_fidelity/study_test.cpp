// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/initial_strategy.h"
#include "search/strategy_factory.h"
#include "tests/search/study_fixture.h"

using namespace parnas;
using namespace parnas::tests;

namespace {

using search::KeepWeights;
using store::TrialRecord;

constexpr const char* kAsha = R"({"type": "asha", "min_fidelity": "1/27"})";

// A study driven by a multi-fidelity strategy, of trials that keep their weights: the error is
// the genotype's hash, and more at lower fidelities.
struct MultiFidelityStudy : StudyFixture {
    explicit MultiFidelityStudy(const std::string& strategy = kAsha) : StudyFixture(reals) {
        search::register_strategies(registries);
        job.budget.trials = 60;
        make_strategy = [this, options = parse_json(strategy, "strategy")] {
            Faults faults;
            ObjectReader reader(options, "/strategy", faults);
            auto made = search::make_strategy(
                registries.strategies,
                reader,
                {.space = space, .objectives = job.objectives.size(), .seed = job.seed});
            faults.throw_if_any();
            return made;
        };
        evaluator = &weighty;
    }

    FakeSpace reals = real_space(3);
    search::Registries registries;
    FakeEvaluator weighty{{"error"}, [](const Candidate& candidate, const auto& context) {
                              const auto hash = spaces::hash(candidate.genotype).low % 1000;
                              const std::string before =
                                  candidate.warm_start ? context.load(*candidate.warm_start) : "";
                              context.save_weights(before + std::to_string(hash) + ";");
                              return Measurement{
                                  .metrics = {{"error",
                                               static_cast<double>(hash) / candidate.fidelity}},
                                  .cost = Seconds(candidate.fidelity)};
                          }};
};

std::vector<TrialRecord> at_fidelity(const std::vector<TrialRecord>& trials, double fidelity) {
    std::vector<TrialRecord> found;
    for (const TrialRecord& trial : trials)
        if (trial.fidelity == Approx(fidelity))
            found.push_back(trial);
    return found;
}

}  // namespace

TEST_CASE("a trial at a lower fidelity ends pruned at its rung, with what it measured",
          "[search][multi_fidelity]") {
    MultiFidelityStudy study;
    study.run(2);
    const std::vector<TrialRecord> trials = study.trials();
    REQUIRE(trials.size() == 60);
    CHECK(at_fidelity(trials, 1.0 / 27).size() > 30);
    CHECK(at_fidelity(trials, 1.0).size() == 1);
    for (const TrialRecord& trial : trials) {
        CHECK(trial.state == (trial.fidelity < 1.0 ? TrialState::pruned : TrialState::complete));
        CHECK(trial.values == std::vector{trial.metrics.at("error")});
        CHECK_FALSE(trial.system_attributes.contains("pruned"));
    }
}

TEST_CASE("a front takes trials of fidelity 1 only", "[search][multi_fidelity]") {
    MultiFidelityStudy study;
    const FakeEvaluator better_when_short({"error"}, [](const Candidate& candidate, const auto&) {
        return Measurement{.metrics = {{"error", candidate.fidelity}}};
    });
    study.evaluator = &better_when_short;
    study.run();
    const std::vector<TrialNumber> front = study.store->front(*study.study);
    REQUIRE(front.size() == 1);
    CHECK(study.store->trial(*study.study, front[0]).fidelity == 1.0);
}

TEST_CASE("a promotion goes on from the weights of the trial before", "[search][multi_fidelity]") {
    MultiFidelityStudy study;
    const auto keep = GENERATE(KeepWeights::front, KeepWeights::none);
    study.job.keep_weights = keep;
    study.run(2);
    std::size_t promotions = 0;
    for (const TrialRecord& trial : study.trials()) {
        const auto parents = trial.user_attributes.find("parents");
        if (parents == trial.user_attributes.end()) {
            CHECK(trial.fidelity == Approx(1.0 / 27));
            CHECK_FALSE(trial.warm_start);
            continue;
        }
        ++promotions;
        const TrialRecord parent = study.store->trial(
            *study.study, parse_json(parents->second, "parents")[0].get<TrialNumber>());
        CHECK(parent.genotype == trial.genotype);
        CHECK(parent.fidelity * 3.0 == Approx(trial.fidelity));
        CHECK(trial.warm_start == parent.weights);
        CHECK(trial.warm_start.has_value() == (keep == KeepWeights::front));
    }
    CHECK(promotions > 15);
}

TEST_CASE("results are reused at the fidelity at which they were measured",
          "[search][multi_fidelity]") {
    MultiFidelityStudy first;
    first.job.reuse = search::Reuse::genotype;
    first.run();
    MultiFidelityStudy second;
    second.job.reuse = search::Reuse::genotype;
    second.job.name = "second";
    second.store = std::move(first.store);
    second.run();
    CHECK(second.weighty.seen().empty());
    const std::vector<TrialRecord> trials = second.trials();
    REQUIRE(trials.size() == 60);
    CHECK(at_fidelity(trials, 1.0).size() == 1);
    for (const TrialRecord& trial : trials)
        CHECK(trial.state == (trial.fidelity < 1.0 ? TrialState::pruned : TrialState::complete));
}

TEST_CASE("a pruner's verdict on a low fidelity is no result", "[search][multi_fidelity]") {
    MultiFidelityStudy study(R"({"type": "asha", "eta": 2, "min_fidelity": 0.5})");
    study.pruner =
        std::make_unique<StopsIf>([](const search::Curve& curve) { return curve.number % 2 == 0; });
    const FakeEvaluator reporting({"error"}, [](const Candidate& candidate, const auto& context) {
        const Metrics metrics{{"error", static_cast<double>(candidate.number)}};
        (void)context.report(0, metrics);
        return Measurement{.metrics = metrics};
    });
    study.evaluator = &reporting;
    study.run();
    for (const TrialRecord& trial : study.trials()) {
        CHECK(trial.system_attributes.contains("pruned") == (trial.number % 2 == 0));
        const auto parents = trial.user_attributes.find("parents");
        if (parents != trial.user_attributes.end())
            CHECK(parse_json(parents->second, "parents")[0].get<TrialNumber>() % 2 == 1);
    }
    CHECK_FALSE(at_fidelity(study.trials(), 1.0).empty());
}

TEST_CASE("initial points are evaluated in full", "[search][multi_fidelity]") {
    MultiFidelityStudy study(R"({"type": "hyperband", "min_fidelity": "1/27"})");
    const Genotype points[] = {{.values = {0.25, 0.25, 0.25}}, {.values = {0.5, 0.5, 0.5}}};
    std::vector<search::InitialPoint> initial;
    for (const Genotype& point : points)
        initial.push_back({.values = study.space.decode(point).values, .reason = "known"});
    study.make_strategy = [&, inner = study.make_strategy] {
        return search::make_initial_strategy(initial, inner());
    };
    study.run(2);
    const std::vector<TrialRecord> trials = study.trials();
    for (const std::size_t i : {0, 1}) {
        CHECK(trials[i].fidelity == 1.0);
        CHECK_FALSE(trials[i].warm_start);
    }
    CHECK(at_fidelity(trials, 1.0 / 27).size() == 27);
}

TEST_CASE("options of multi-fidelity strategies are checked", "[search][multi_fidelity]") {
    search::Registries registries;
    search::register_strategies(registries);
    const FakeSpace space = small_space();
    const auto faults = [&](const std::string& text) {
        const Json json = parse_json(text, "strategy");
        Faults found;
        ObjectReader reader(json, "/strategy", found);
        (void)search::make_strategy(registries.strategies, reader, {.space = space});
        reader.finish();
        std::string all;
        for (const Fault& fault : found.list())
            all += fault.where + ": " + fault.message + "\n";
        return all;
    };
    CHECK(faults(R"({"type": "asha", "eta": 4, "min_fidelity": "1/64", "enough": 3})").empty());
    CHECK(faults(R"({"type": "bohb", "inner": {"type": "tpe"}, "random_fraction": 0})").empty());
    CHECK_THAT(faults(R"({"type": "asha", "min_fidelity": "a third"})"),
               Catch::Contains("/strategy/min_fidelity: expected a share above 0, up to 1, like "
                               "0.04 or 1/27, got 'a third'"));
    CHECK_THAT(faults(R"({"type": "asha", "min_fidelity": 0})"),
               Catch::Contains("/strategy/min_fidelity"));
    CHECK_THAT(faults(R"({"type": "hyperband", "eta": 1})"), Catch::Contains("/strategy/eta"));
    CHECK_THAT(faults(R"({"type": "bohb", "inner": {"type": "asha"}})"),
               Catch::Contains("/strategy/inner/type: no strategy that may stand here is named "
                               "'asha'"));
    CHECK_THAT(faults(R"({"type": "asha", "inner": {"type": "tpe", "gama": 0.2}})"),
               Catch::Contains("/strategy/inner/gama"));
}
