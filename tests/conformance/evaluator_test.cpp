// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/evaluator.h"

#include <chrono>
#include <functional>
#include <map>

#include <nlohmann/json.hpp>

#include "cli/composition.h"
#include "tests/support/catch.h"
#include "tests/support/fake_evaluators.h"
#include "tests/support/spaces.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::tests;

namespace {

void check_synthetic(const evaluators::EvaluatorFactory& factory) {
    const FakeSpace reals = real_space(3);
    const FakeSpace mixed = mixed_space();
    check_evaluator({.factory = factory,
                     .options = R"({"function": "zdt3", "noise": 0.1})",
                     .changes = {R"({"function": "zdt1"})",
                                 R"({"function": "sphere"})",
                                 R"({"function": "dtlz2"})",
                                 R"({"function": "dtlz2", "objectives": 3})",
                                 R"({"noise": 0.2})",
                                 R"({"delay_ms": 1})"},
                     .slow = R"({"delay_ms": 3600000})",
                     .space = reals,
                     .misfit = &mixed});
}

// Three of the twelve candidates have no row, one has no number.
void check_tabular(const evaluators::EvaluatorFactory& factory) {
    const TemporaryFolder folder;
    folder.write("grid.csv",
                 "a,b,loss,half,other\n0,0,1,5,1\n0,1,2,6,2\n0,2,nan,7,3\n0,3,4,8,4\n"
                 "1,0,9,3,5\n1,1,8,4,6\n1,3,6,5,7\n2,0,2,9,8\n2,1,5,8,9\n");
    const FakeSpace grid = small_space();
    const FakeSpace mixed = mixed_space();
    check_evaluator({.factory = factory,
                     .base = folder.path(),
                     .options = R"({"table": "grid.csv", "metrics": {"loss": "loss"}, "cost": 3,
                         "reports": {"steps": 2, "metrics": {"loss": "half"}}})",
                     .changes = {R"({"metrics": {"loss": "loss + 1"}})",
                                 R"({"reports": {"steps": 3}})",
                                 R"({"reports": null})",
                                 R"({"cost": 4})",
                                 R"({"test_metrics": {"test": "other"}})",
                                 R"({"match": "nearest"})"},
                     .space = grid,
                     .misfit = &mixed});
}

void check_command(const evaluators::EvaluatorFactory& factory) {
    const TemporaryFolder folder;
    folder.write("trial.sh", "sleep $1\ncat answers\n");
    folder.write("answers",
                 R"({"step": 0, "metrics": {"error": 0.5}})"
                 "\n"
                 R"({"metrics": {"error": 0.25, "size": 3}})");
    const FakeSpace space = cell_space();
    check_evaluator({.factory = factory,
                     .base = folder.path(),
                     .options = R"({"command": ["sh", "trial.sh", "0"], "metrics": ["error"]})",
                     .changes = {R"({"command": ["sh", "trial.sh", "0.0"]})",
                                 R"({"metrics": ["error", "size"]})",
                                 R"({"environment": {"MODE": "fast"}})",
                                 R"({"files": ["answers"]})"},
                     .slow = R"({"command": ["sh", "trial.sh", "3600"]})",
                     .space = space});
}

// It stands for evaluators elsewhere: here it has none of its own to keep promises.
void check_remote(const evaluators::EvaluatorFactory& factory) {
    const auto make = [&](const char* text) {
        Faults faults;
        const Json json = parse_json(text, "options");
        ObjectReader options(json, "", faults);
        auto made = factory(options, {});
        options.finish();
        faults.throw_if_any();
        return made;
    };
    const auto loss = make(R"({"metrics": ["loss"]})");
    CHECK(loss->metrics() == std::vector<std::string>{"loss"});
    CHECK(loss->fingerprint() != make(R"({"metrics": ["loss", "size"]})")->fingerprint());
    CHECK(loss->fingerprint() != make(R"({"metrics": ["loss"], "name": "b"})")->fingerprint());
    const FakeSpace space = cell_space();
    CHECK_THROWS_AS(loss->evaluate({}, {.space = space}), Error);
    for (const char* bad : {"{}", R"({"metrics": []})", R"({"metrics": [1]})"})
        CHECK_THROWS_AS(make(bad), Error);
}

// By the name that a job gives as `type`.
const std::map<std::string, std::function<void(const evaluators::EvaluatorFactory&)>> kChecks = {
    {"command", check_command},
    {"remote", check_remote},
    {"synthetic", check_synthetic},
    {"tabular", check_tabular},
};

Measurement by_hash(const Candidate& candidate) {
    const auto low = spaces::hash(candidate.genotype).low % 1000;
    return {.metrics = {{"error", static_cast<double>(low)}}};
}

}  // namespace

TEST_CASE("every registered evaluator keeps its promises", "[conformance][evaluators]") {
    const search::Registries registries = cli::make_registries();
    for (const std::string& name : registries.evaluators.names()) {
        INFO("'" << name << "' needs a case in tests/conformance/evaluator_test.cpp");
        REQUIRE(kChecks.contains(name));
        kChecks.at(name)(registries.evaluators.find(name));
    }
}

TEST_CASE("an evaluator in nasty surroundings keeps its promises",
          "[conformance][evaluators][fakes]") {
    const FakeSpace space = cell_space();
    const FakeEvaluator inner(
        {"error"}, [](const Candidate& candidate, const auto&) { return by_hash(candidate); });
    const FlakyEvaluator flaky(inner, 3);
    const NoisyEvaluator noisy(flaky, 1.0);
    const evaluators::EvaluatorFactory factory = [&](ObjectReader&, const auto&) {
        return std::make_unique<DelayedEvaluator>(noisy, std::chrono::microseconds(300));
    };
    check_evaluator({.factory = factory, .options = "{}", .space = space});
}
