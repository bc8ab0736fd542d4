// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "evaluators/torch/schedule.h"
#include "evaluators/torch/training_options.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

TrainingOptions read(const Json& json, Faults& faults) {
    ObjectReader reader(json, "/evaluator", faults);
    const TrainingOptions options = read_training_options(reader);
    reader.finish();
    return options;
}

}  // namespace

TEST_CASE("training options are read as they are written", "[torch][options]") {
    Faults faults;
    const Json json = Json::parse(R"({
        "optimizer": {"type": "adamw", "weight_decay": 0.1}, "epochs": 7, "keep": "last",
        "schedule": {"type": "step", "step_epochs": 3}, "early_stopping": {"patience": 2},
        "augment": {"crop": 2, "flip": true}, "clip_norm": 1.5})");
    const TrainingOptions options = read(json, faults);
    CHECK(faults.empty());
    CHECK(options.optimizer.kind == OptimizerKind::adamw);
    CHECK(options.optimizer.lr == 1e-3);
    CHECK(options.final_epochs == 7);
    CHECK(options.patience == 2);
    Faults again;
    CHECK(to_json(read(to_json(options), again)) == to_json(options));
    CHECK(again.empty());
}

TEST_CASE("training options out of range or unknown are faults with their place",
          "[torch][options]") {
    Faults faults;
    read(Json::parse(R"({"epochs": 0, "optimizer": {"lr": -1, "betas": 3}, "keep": "some"})"),
         faults);
    std::vector<std::string> places;
    for (const Fault& fault : faults.list())
        places.push_back(fault.where);
    CHECK_THAT(places,
               Catch::UnorderedEquals(std::vector<std::string>{"/evaluator/epochs",
                                                               "/evaluator/optimizer/lr",
                                                               "/evaluator/optimizer/betas",
                                                               "/evaluator/keep"}));
}

TEST_CASE("a candidate's hyperparameters replace the job's", "[torch][options]") {
    Faults faults;
    const TrainingOptions options = with_values({},
                                                {{"lr", 0.5},
                                                 {"batch", std::int64_t{16}},
                                                 {"optimizer", std::string("adamw")},
                                                 {"dropout", 0.2}},
                                                faults);
    CHECK(faults.empty());
    CHECK(options.optimizer.lr == 0.5);
    CHECK(options.batch == 16);
    CHECK(options.optimizer.kind == OptimizerKind::adamw);
    CHECK(options.dropout == 0.2);
    with_values({}, {{"learning_rate", 0.5}, {"batch", std::int64_t{0}}}, faults);
    REQUIRE(faults.list().size() == 2);
    CHECK(faults.list()[0].where == "/training/learning_rate");
    CHECK(faults.list()[1].where == "/training/batch");
}

TEST_CASE("the learning rate warms up, then falls to nothing", "[torch][schedule]") {
    const ScheduleOptions cosine{.warmup_epochs = 2.0};
    CHECK(learning_rate_factor(cosine, 1.0, 10.0) == Approx(0.5));
    CHECK(learning_rate_factor(cosine, 2.0, 10.0) == Approx(1.0));
    CHECK(learning_rate_factor(cosine, 6.0, 10.0) == Approx(0.5));
    CHECK(learning_rate_factor(cosine, 10.0, 10.0) == Approx(0.0).margin(1e-12));
    const ScheduleOptions step{.kind = ScheduleKind::step, .step_epochs = 3, .gamma = 0.5};
    CHECK(learning_rate_factor(step, 2.9, 10.0) == 1.0);
    CHECK(learning_rate_factor(step, 6.0, 10.0) == 0.25);
}
