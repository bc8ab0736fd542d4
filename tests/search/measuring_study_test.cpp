// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "search/front_keeper.h"
#include "search/reestimates.h"
#include "search/target_figures.h"
#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/fake_learner.h"

namespace parnas::search {
namespace {

using store::StudyState;
using tests::StopAfter;
using tests::StudyFixture;

// 6 layers, each of 8 to 64 nodes: so many genotypes that few come twice.
tests::FakeSpace deep_space() {
    tests::FakeSpace::Parts parts{.name = "deep@1"};
    for (int i = 0; i < 6; ++i)
        parts.params.push_back(tests::categorical("layer" + std::to_string(i), 8));
    parts.network = [](const Genotype& genotype) {
        using namespace spaces;
        Network network;
        network.inputs = {{.name = "x", .shape = {8}}};
        for (std::size_t i = 0; i < 6; ++i)
            network.nodes.push_back({.name = "layer" + std::to_string(i),
                                     .op = Linear{.out = 8 * (1 + tests::choice(genotype, i))},
                                     .inputs = {static_cast<ValueId>(i)}});
        network.outputs = {6};
        return network;
    };
    return tests::FakeSpace(std::move(parts));
}

double nodes_of(const spaces::Network& network) {
    double nodes = 0.0;
    for (const spaces::Node& node : network.nodes)
        nodes += static_cast<double>(std::get<spaces::Linear>(node.op).out);
    return nodes;
}

// From 4.8 to 38.4 ms.
double guessed_ms(const spaces::Network& network) {
    return 0.1 * nodes_of(network);
}

// Wide last layers take longer than anyone would guess.
double true_ms(const spaces::Network& network) {
    const auto last = static_cast<double>(std::get<spaces::Linear>(network.nodes.back().op).out);
    return guessed_ms(network) * (0.8 + last / 40.0);
}

// Many nodes are good, so that the front trades them for latency.
Measurement error_of(const Candidate& candidate) {
    double error = 100.0;
    for (std::size_t i = 0; i < 6; ++i)
        error -= static_cast<double>(tests::choice(candidate.genotype, i)) *
                 (1.0 + 0.1 * static_cast<double>(i));
    return {.metrics = {{"error", error}}, .cost = Seconds(1.0)};
}

struct MeasuringStudy : StudyFixture {
    explicit MeasuringStudy(const spaces::SearchSpace& searched) : StudyFixture(searched) {
        job.objectives = {{.metric = "error"}, {.metric = "latency_ms"}};
        job.limits = {{"latency_ms", 30.0}};
        StudyFixture::model = &learner;
        measurer = &device;
        evaluator = &by_nodes;
    }

    // Everything that an uninterrupted study has as well.
    std::vector<std::string> all() const {
        std::vector<std::string> lines = log();
        const FrontFigures front = front_figures(*store, *study);
        lines.push_back(dump_json(to_json(front.figures)));
        return lines;
    }
    std::int64_t events(const std::string& kind) const {
        return std::ranges::count(store->events(*study), kind, &store::Event::kind);
    }
    std::vector<TrialNumber> front_of(std::span<const store::TrialRecord> trials) const {
        std::vector<TrialNumber> members;
        const ParetoArchive archive = archive_of(job, trials);
        for (const auto& [number, point] : archive.members())
            members.push_back(number);
        return members;
    }

    tests::FakeLearner learner = tests::FakeLearner(guessed_ms, 8);
    tests::FakeHardwareModel device = tests::FakeHardwareModel(true_ms);
    tests::FakeEvaluator by_nodes{
        {"error"},
        [](const Candidate& candidate, const evaluators::Context&) { return error_of(candidate); }};
};

}  // namespace

TEST_CASE("a study measures while its model is unsure, and says so", "[search][measuring]") {
    const auto space = deep_space();
    MeasuringStudy study(space);
    tests::Listener listener;
    study.observers = {&listener};
    study.run();
    CHECK(study.device.asked() >= 8);
    CHECK(study.device.asked() < 20);
    CHECK(listener.last.measured == study.device.asked());
    CHECK(listener.last.refused == 0);
    CHECK(study.events("latency_measured") == study.device.asked());
    std::int64_t measured = 0;
    for (const store::TrialRecord& trial : study.trials()) {
        const auto figures = target_figures_of(trial.system_attributes);
        REQUIRE(figures.has_value());
        if (!figures->was_measured_now())
            continue;
        ++measured;
        CHECK(trial.metrics.at("latency_ms") == figures->measured->latency.count());
        CHECK(figures->predicted->source == hw_models::Source::fitted);
    }
    CHECK(measured == study.device.asked());
}

TEST_CASE("the front is by what the model has learnt, and records stay as they are",
          "[search][measuring]") {
    const auto space = deep_space();
    MeasuringStudy study(space);
    // Nothing is told apart by the first figures: all is within 5 % at once, and wrong.
    study.learner = tests::FakeLearner(guessed_ms, 0);
    study.job.finalists = 3;
    study.run();
    CHECK(study.device.asked() >= 3);
    const auto records = study.trials();
    const auto current = current_trials(*study.store, *study.study);
    const auto front = study.store->front(*study.study);
    CHECK(study.front_of(current) == front);
    CHECK(study.front_of(records) != front);
    const FrontFigures by = front_figures(*study.store, *study.study);
    CHECK_FALSE(by.figures.empty());
    // Records are as they were predicted when they began.
    for (const store::TrialRecord& trial : records)
        if (const auto figures = target_figures_of(trial.system_attributes);
            figures && !figures->measured)
            CHECK(trial.metrics.at("latency_ms") == figures->predicted->latency.count());
    // And each version of the front is that of its figures.
    bool reestimated = false;
    const auto history = study.store->front_history(*study.study);
    for (const store::FrontChange& change : history) {
        const FrontFigures of_version = front_figures(*study.store, *study.study, change.version);
        reestimated = reestimated || of_version.reason == kReestimated;
        auto then = current_trials(*study.store, *study.study, change.version);
        std::erase_if(then, [&](const auto& trial) { return *trial.finished > change.time; });
        CHECK(study.front_of(then) == change.members);
    }
    CHECK(reestimated);
}

TEST_CASE("a finalist that breaks a limit as measured is not trained, and another takes its place",
          "[search][measuring]") {
    const auto space = deep_space();
    MeasuringStudy study(space);
    study.learner = tests::FakeLearner(guessed_ms, 0);  // sure, and wrong
    study.job.limits = {{"latency_ms", 20.0}};
    study.job.finalists = 2;
    study.run();
    std::vector<store::TrialRecord> over;
    std::vector<store::TrialRecord> trained;
    for (const store::TrialRecord& trial : study.trials())
        if (trial.stage == Stage::finalist)
            (trial.state == TrialState::complete ? trained : over).push_back(trial);
    REQUIRE_FALSE(over.empty());
    CHECK(over[0].failure->kind == FailureKind::infeasible);
    CHECK(over[0].failure->reason.find("is over the limit of 20") != std::string::npos);
    CHECK(target_figures_of(over[0].system_attributes)->predicted->latency.count() <= 20.0);
    CHECK(trained.size() >= 2);
    for (const store::TrialRecord& trial : trained)
        CHECK(target_figures_of(trial.system_attributes)->measured.has_value());
    // None of them is on the front by an older figure.
    const auto current = current_trials(*study.store, *study.study);
    for (const TrialNumber number : study.store->front(*study.study)) {
        const auto& member = current[static_cast<std::size_t>(number)];
        CHECK(member.metrics.at("latency_ms") <= 20.0);
        for (const store::TrialRecord& finalist : over)
            CHECK(member.genotype != finalist.genotype);
    }
}

TEST_CASE("a machine that refuses to measure fails no study", "[search][measuring]") {
    const auto space = deep_space();
    MeasuringStudy study(space);
    const tests::FakeHardwareModel busy([](const spaces::Network&) -> double {
        throw Error(ErrorKind::unavailable, "the machine is busy");
    });
    study.measurer = &busy;
    study.job.finalists = 1;
    tests::Listener listener;
    study.observers = {&listener};
    CHECK(study.run().state == StudyState::complete);
    CHECK(listener.last.refused > 0);
    CHECK(listener.last.measured == 0);
    CHECK(study.events("measurement_refused") == listener.last.refused);
    CHECK(front_figures(*study.store, *study.study).figures.empty());
}

TEST_CASE("what is measured does not depend on the number of workers", "[search][measuring]") {
    const auto space = deep_space();
    MeasuringStudy reference(space);
    reference.job.finalists = 2;
    reference.run();
    for (const int workers : {2, 4}) {
        MeasuringStudy study(space);
        study.job.finalists = 2;
        const tests::DelayedEvaluator delayed(study.by_nodes, std::chrono::microseconds(300));
        study.evaluator = &delayed;
        study.run(workers);
        CHECK(study.all() == reference.all());
    }
}

TEST_CASE("a measuring study that was killed at any commit ends as an uninterrupted one",
          "[search][measuring]") {
    const auto space = deep_space();
    const auto run = [](MeasuringStudy& study) {
        study.job.reuse = Reuse::architecture;
        study.job.finalists = 2;
    };
    MeasuringStudy reference(space);
    run(reference);
    reference.run();
    for (int killed_at = 1; killed_at <= 12; ++killed_at) {
        MeasuringStudy study(space);
        run(study);
        study.run_killed_at(killed_at, 2);
        CHECK(study.run(2).state == StudyState::complete);
        CHECK(study.all() == reference.all());
        // What was in the store is not measured again.
        CHECK(study.events("latency_measured") == reference.events("latency_measured"));
        const auto versions = study.store->front_history(*study.study).size();
        study.run(2);
        CHECK(study.store->front_history(*study.study).size() == versions);
    }
}

}  // namespace parnas::search
