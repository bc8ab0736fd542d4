// SPDX-License-Identifier: Apache-2.0
#include "search/optuna_attributes.h"

#include <cmath>

#include "search/observed_front.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::search;

TEST_CASE("limits become Optuna's constraints in both forms", "[search][optuna]") {
    JobSpec job;
    job.limits = {{"latency_ms", 8.0}, {"parameters", 1000.0}, {"energy_mj", 1.0}};
    store::TrialFinish finish{.metrics = {{"latency_ms", 9.5}, {"parameters", 900.0}}};
    finish.architecture = Digest{};
    note_result(job, finish);
    // What is not known counts as met, as for the search itself.
    CHECK(finish.system_attributes == store::Attributes{{"constraints", "[0.0, 1.5, -100.0]"},
                                                        {"constraints:energy_mj", "0.0"},
                                                        {"constraints:latency_ms", "1.5"},
                                                        {"constraints:parameters", "-100.0"}});
    CHECK(finish.user_attributes.at("architecture") == '"' + to_string(Digest{}) + '"');
    CHECK(optuna_violation(finish.system_attributes) == 3.0);  // in both forms

    finish = {.metrics = {{"latency_ms", NAN}}};
    note_result(job, finish);
    CHECK(finish.system_attributes.at("constraints:latency_ms") == "Infinity");
    CHECK(finish.user_attributes.empty());
}

TEST_CASE("a generation is under the key of Optuna's sampler of the kind", "[search][optuna]") {
    JobSpec job;
    for (const auto& [type, key] : {std::pair("nsga2", "NSGAIISampler:generation"),
                                    std::pair("cma_es", "cma:generation"),
                                    std::pair("tpe", "parnas:generation")}) {
        job.strategy = std::string("{\"type\":\"") + type + "\"}";
        store::TrialStart start{.user_attributes = {{"generation", "3"}}};
        note_generation(job, start);
        CHECK(start.system_attributes == store::Attributes{{key, "3"}});
    }
    store::TrialStart start;
    note_generation(job, start);
    CHECK(start.system_attributes.empty());
}

TEST_CASE("the front of another program's study has what meets its constraints",
          "[search][optuna]") {
    const store::StudySpec study{.directions = {Direction::minimize, Direction::maximize}};
    std::vector<store::TrialRecord> trials;
    const auto add = [&](std::vector<double> values,
                         store::Attributes attributes = {},
                         TrialState state = TrialState::complete) {
        trials.push_back({.number = static_cast<TrialNumber>(trials.size()),
                          .state = state,
                          .values = std::move(values),
                          .system_attributes = std::move(attributes)});
    };
    add({1.0, 1.0});
    add({2.0, 1.0});  // dominated
    add({2.0, 3.0});
    add({0.0, 9.0}, {{"constraints", "[0.0, 0.5]"}});
    add({0.0, 9.0}, {{"constraints:c", "Infinity"}});
    add({0.0, 9.0}, {}, TrialState::pruned);
    add({0.0});  // other programs' files may have such
    add({0.0, HUGE_VAL});
    add({0.5, 0.5}, {{"constraints", "null"}, {"constraints:c", "-1.0"}});
    CHECK(observed_front(study, trials) == std::vector<TrialNumber>{0, 2, 8});
}
