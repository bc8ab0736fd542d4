// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "evaluators/torch/training.h"
#include "search/weight_sharing/open_values.h"
#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"
#include "tests/torch/elastic_images.h"
#include "tests/torch/fixtures.h"

using namespace parnas;
using namespace parnas::evaluators;
using store::StudyState;

namespace {

constexpr const char* kOneShot = "{type: one_shot, sampling: sandwich, epochs: 3, batch: 32}";
constexpr const char* kShrinking = "{type: progressive_shrinking, epochs: 7, batch: 32}";

// The training evaluator without its clock, so that logs can be compared.
class Timeless final : public Evaluator {
  public:
    explicit Timeless(const std::filesystem::path& folder) {
        Faults faults;
        const Json options = Json::parse(R"({"data": {"csv": "halves.csv", "shape": [1, 6, 6]},
                                             "epochs": 3, "recalibration": {"images": 64}})");
        ObjectReader reader(options, "/evaluator", faults);
        inner_ = make_training_evaluator(reader, folder);
        faults.throw_if_any();
    }
    std::string fingerprint() const override { return inner_->fingerprint(); }
    std::vector<std::string> metrics() const override { return inner_->metrics(); }
    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        inner_->check_space(space, faults);
    }
    Outcome evaluate(const Candidate& candidate, const Context& context) const override {
        Outcome outcome = inner_->evaluate(candidate, context);
        if (auto* measurement = std::get_if<Measurement>(&outcome))
            measurement->metrics["train_seconds"] = 0.0;
        return outcome;
    }
    std::unique_ptr<PhaseRunner> make_phase_runner() const override {
        return inner_->make_phase_runner();
    }

  private:
    std::unique_ptr<Evaluator> inner_;
};

// A study on a supernet of small images, below a limit that two thirds of the networks meet.
struct SupernetStudy {
    explicit SupernetStudy(const char* strategy)
        : space(tests::small_elastic_space()), study(*space) {
        folder.write("halves.csv", tests::bright_halves(200));
        evaluator = std::make_unique<Timeless>(folder.path());
        study.evaluator = evaluator.get();
        study.job.objectives = {{.metric = "accuracy", .direction = Direction::maximize},
                                {.metric = "multiply_adds"}};
        study.job.limits["multiply_adds"] = limit();
        study.job.budget.trials = 10;
        study.job.finalists = 2;
        study.make_strategy = [this, strategy] {
            search::Registries registries;
            search::register_strategies(registries);
            const Json json = Document::parse(strategy, "job.yaml").root();
            Faults faults;
            ObjectReader reader(json, "/strategy", faults);
            const std::string type = reader.text("type");
            auto made = registries.strategies.find(type)(
                reader, {.space = *space, .objectives = 2, .seed = 1});
            faults.throw_if_any();
            return made;
        };
    }

    double limit() const {
        std::vector<double> costs;
        Rng rng(1);
        for (int i = 0; i < 30; ++i)
            costs.push_back(search::path_cost(*space, spaces::sample_feasible(*space, rng)));
        std::ranges::sort(costs);
        return costs[20];
    }

    tests::TemporaryFolder folder;
    std::unique_ptr<spaces::SearchSpace> space;
    std::unique_ptr<Timeless> evaluator;
    tests::StudyFixture study;
};

}  // namespace

TEST_CASE("a path search ends with a front and finalists within the limits",
          "[torch][one_shot][progressive_shrinking]") {
    for (const char* strategy : {kOneShot, kShrinking}) {
        INFO(strategy);
        SupernetStudy supernet(strategy);
        tests::StudyFixture& study = supernet.study;
        CHECK(study.run(2).reason == "budget: 10 trials");
        const std::vector<store::PhaseRecord> phases = study.store->phases(*study.study);
        REQUIRE_FALSE(phases.empty());
        int searched = 0, finalists = 0;
        for (const store::TrialRecord& trial : study.trials()) {
            if (trial.failure) {
                CHECK(trial.failure->kind == FailureKind::infeasible);
                continue;
            }
            CHECK(trial.metrics.at("multiply_adds") <= study.job.limits.at("multiply_adds"));
            const bool finalist = trial.stage == Stage::finalist;
            CHECK(trial.warm_start ==
                  (finalist ? std::nullopt : std::optional(phases.back().checkpoint)));
            CHECK(trial.metrics.contains("test_accuracy") == finalist);
            ++(finalist ? finalists : searched);
        }
        CHECK(searched >= 3);
        CHECK(finalists >= 1);
        CHECK_FALSE(study.store->front(*study.study).empty());
    }
}

TEST_CASE("a path search that is stopped after each phase ends with the log of another",
          "[torch][one_shot][progressive_shrinking]") {
    for (const char* strategy : {kOneShot, kShrinking}) {
        INFO(strategy);
        SupernetStudy whole(strategy);
        whole.study.run(1);
        const std::size_t phases = whole.study.store->phases(*whole.study.study).size();
        SupernetStudy resumed(strategy);
        for (std::size_t i = 0; i < phases; ++i) {
            std::stop_source stop;
            tests::StopAfterPhases stopper(1, stop);
            resumed.study.observers = {&stopper};
            CHECK(resumed.study.run(1, stop.get_token()).state == StudyState::stopped);
        }
        resumed.study.observers = {};
        CHECK(resumed.study.run(1).reason == "budget: 10 trials");
        CHECK(resumed.study.log() == whole.study.log());
    }
}

TEST_CASE("finalists may start from inherited weights", "[torch][one_shot]") {
    SupernetStudy supernet(kOneShot);
    supernet.study.job.finalists_from = search::FinalistStart::inherited;
    supernet.study.run(2);
    int finalists = 0;
    for (const store::TrialRecord& trial : supernet.study.trials())
        if (trial.stage == Stage::finalist) {
            ++finalists;
            CHECK(trial.warm_start.has_value());
            CHECK(trial.state == TrialState::complete);
        }
    CHECK(finalists >= 1);
}
