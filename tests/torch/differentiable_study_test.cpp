// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "evaluators/torch/training.h"
#include "search/registries.h"
#include "search/weight_sharing/differentiable_epoch.h"
#include "tests/search/cell_documents.h"
#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"
#include "tests/torch/fixtures.h"

namespace parnas::evaluators {
namespace {

// 8 x 8 pixels with a bright left or right half: "pixel,...,label" lines.
std::string halves(int samples) {
    Rng rng(3);
    std::string text;
    for (int i = 0; i < samples; ++i) {
        for (int pixel = 0; pixel < 64; ++pixel)
            text +=
                std::to_string(rng.normal() + ((pixel % 8 < 4) == (i % 2 == 0) ? 1.0 : 0.0)) + ",";
        text += std::to_string(i % 2) + "\n";
    }
    return text;
}

struct GradientStudy {
    GradientStudy(const spaces::SearchSpace& searched, const std::string& strategy)
        : study(searched) {
        folder.write("halves.csv", halves(96));
        const Json json{{"data", {{"csv", "halves.csv"}, {"shape", {1, 8, 8}}}},
                        {"split", {{"validation", 0.5}, {"test", 0.0}}},
                        {"epochs", 1}};
        Faults faults;
        ObjectReader reader(json, "/evaluator", faults);
        evaluator = make_training_evaluator(reader, folder.path());
        faults.throw_if_any();
        study.evaluator = evaluator.get();
        study.job.objectives = {{.metric = "accuracy", .direction = Direction::maximize}};
        study.job.budget = {.trials = 2};
        study.make_strategy = [this, strategy, &searched] {
            search::Registries registries;
            search::register_strategies(registries);
            const Json options = parse_json(strategy, "/strategy");
            Faults none;
            ObjectReader strategy_reader(options, "/strategy", none);
            return registries.strategies.find(strategy_reader.text("type"))(
                strategy_reader, {.space = searched, .seed = study.job.seed});
        };
    }

    std::vector<store::PhaseRecord> phases() const { return study.store->phases(*study.study); }

    tests::TemporaryFolder folder;
    std::unique_ptr<Evaluator> evaluator;
    tests::StudyFixture study;
};

}  // namespace

TEST_CASE("five searches by gradients run through the driver, and resumed ones are the same",
          "[torch][differentiable]") {
    const auto space = tests::dense_cells();
    for (const std::string type : {"darts", "gdas", "pc_darts", "dr_nas", "beta_darts"}) {
        const std::string strategy = R"({"type":")" + type + R"(","epochs":3,"batch":16})";
        GradientStudy whole(*space, strategy);
        REQUIRE(whole.study.run().reason == "budget: 2 trials");
        const std::vector<store::PhaseRecord> expected = whole.phases();
        REQUIRE(expected.size() == 3);
        for (const store::PhaseRecord& phase : expected) {
            CHECK(phase.metrics.count("hessian_eigenvalue") == 1);
            CHECK_FALSE(
                search::epoch_attachment_from(phase.attachment).architecture.strengths.empty());
        }

        GradientStudy pieces(*space, strategy);
        for (int session = 0; session < 3; ++session) {
            std::stop_source stop;
            tests::StopAfterPhases stops(1, stop);
            pieces.study.observers = {&stops};
            pieces.study.run(1, stop.get_token());
        }
        pieces.study.observers.clear();
        REQUIRE(pieces.study.run().reason == "budget: 2 trials");
        const std::vector<store::PhaseRecord> resumed = pieces.phases();
        REQUIRE(resumed.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(resumed[i].settings == expected[i].settings);
            CHECK(resumed[i].attachment == expected[i].attachment);
            CHECK(resumed[i].checkpoint == expected[i].checkpoint);
        }
        const auto trials = whole.study.trials();
        const auto again = pieces.study.trials();
        REQUIRE(trials.size() == 2);
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(trials[i].genotype == again[i].genotype);
            CHECK(trials[i].metrics.at("accuracy") == again[i].metrics.at("accuracy"));
        }
    }
}

TEST_CASE("trials of a search that lets networks inherit are scored with inherited weights",
          "[torch][differentiable]") {
    const auto space = tests::dense_cells();
    GradientStudy study(*space, R"({"type":"darts","epochs":3,"batch":16,"inherit":true})");
    REQUIRE(study.study.run().reason == "budget: 2 trials");
    for (const store::TrialRecord& trial : study.study.trials()) {
        CHECK(trial.state == TrialState::complete);
        CHECK(trial.warm_start == study.phases().back().checkpoint);
    }
}

}  // namespace parnas::evaluators
