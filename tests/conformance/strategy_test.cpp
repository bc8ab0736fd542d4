// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/strategy.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "search/builtins.h"
#include "search/strategy_factory.h"
#include "search/weight_sharing/differentiable_epoch.h"
#include "tests/search/fake_scores.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::tests;

namespace {

// An epoch of a search by gradients that moves every strength a little.
evaluators::PhaseResult moved_strengths(const search::Phase& phase) {
    const search::DifferentiableEpoch epoch = search::differentiable_epoch_from(phase.settings);
    search::EpochAttachment attachment{.architecture = epoch.architecture,
                                       .weights = epoch.weights};
    Rng rng(hash_bytes(phase.settings).low);
    for (search::StrengthValues& each : attachment.architecture.strengths)
        for (double& value : each.values)
            value += rng.normal();
    return {.attachment = search::to_text(attachment)};
}

StrategyCase by_gradients(const std::string& options) {
    return {.options = options, .spaces = TestedOn::choices, .run_phase = moved_strengths};
}

// How a strategy is tested, as often as it is here; one that is not, without options. Those that
// would leave their random beginning too late to be tested have others.
// StrategyCase::run_phase answers the phases of those that share weights.
const std::multimap<std::string, StrategyCase> kCases = {
    {"asha", {.options = R"({"min_fidelity": "1/9"})", .promotes = true}},
    {"asha",
     {.options = R"({"eta": 2, "enough": 4, "inner": {"type": "tpe", "startup": 4}})",
      .promotes = true}},
    // With three objectives it is gp as with two, and gp is tested below with fewer candidates.
    {"auto", {.most_objectives = 2}},
    {"bananas", {.options = R"({"startup": 4, "candidates": 20, "exhaustive": 1000, "most": 20})"}},
    {"beta_darts", by_gradients(R"({"epochs": 3, "derive": 20})")},
    {"bohb", {.options = R"({"min_fidelity": "1/9"})", .promotes = true}},
    {"cma_es", {.options = R"({"population": 6})"}},
    {"cma_es", {.options = R"({"population": 4, "covariance": "diagonal", "restarts": "bipop"})"}},
    {"darts", by_gradients(R"({"epochs": 3, "derive": 20})")},
    {"darts", by_gradients(R"({"epochs": 4, "derive": 20, "inherit": true, "stages":
                              [{"share": 1}, {"share": 2, "keep": 3}]})")},
    {"dr_nas", by_gradients(R"({"epochs": 3, "derive": 20})")},
    {"gdas", by_gradients(R"({"epochs": 3, "derive": 20})")},
    {"gp", {.options = R"({"startup": 4, "candidates": 64})", .most_objectives = 1}},
    {"gp", {.options = R"({"most": 16, "candidates": 32, "deterministic": true})"}},
    {"grid", {}},
    {"grid", {.options = R"({"points": 3})"}},
    {"hyperband", {.options = R"({"eta": 2, "min_fidelity": 0.25})", .promotes = true}},
    {"hyperband",
     {.options = R"({"inner": {"type": "nsga2", "population": 8}, "random_fraction": 0.2})",
      .promotes = true}},
    {"local_search", {}},
    {"local_search", {.options = R"({"initial": 5})"}},
    {"moead", {.options = R"({"population": 8, "neighbours": 3})"}},
    {"moead", {.options = R"({"population": 8, "scalar": "pbi"})"}},
    {"nsga2", {.options = R"({"population": 8})"}},
    {"nsga3", {.options = R"({"population": 8})"}},
    {"one_shot",
     {.options = R"({"epochs": 3, "search": {"type": "nsga2", "population": 8}})",
      .spaces = TestedOn::blocks}},
    {"pc_darts", by_gradients(R"({"epochs": 3, "derive": 20})")},
    {"progressive_shrinking",
     {.options = R"({"epochs": 8, "search": {"type": "random"}})", .spaces = TestedOn::blocks}},
    {"qmc", {}},
    {"qmc", {.options = R"({"sequence": "halton"})"}},
    {"regularized_evolution", {.options = R"({"population": 10, "sample": 4})"}},
    {"tpe", {}},
    {"tpe", {.options = R"({"multivariate": true, "startup": 4})"}},
    {"tpe", {.options = R"({"multivariate": false, "startup": 4})"}},
    {"zero_cost",
     {.options = R"({"pool": 40, "keep": 8, "then": {"type": "random"}})",
      .run_phase = first_value_scores}},
};

bool by_gaussian_processes(const std::string& name) {
    return name == "gp" || name == "bananas";
}

// Calls `check` for every registered strategy whose name is `chosen`, with each of its options.
void for_each_strategy(
    const std::function<void(const StrategyCase&)>& check,
    const std::function<bool(const std::string&)>& chosen = [](const auto&) { return true; }) {
    search::Registries registries;
    search::register_strategies(registries);
    for (const std::string& name : registries.strategies.names()) {
        if (!chosen(name))
            continue;
        const auto [begin, end] = kCases.equal_range(name);
        std::vector<StrategyCase> cases;
        for (auto each = begin; each != end; ++each)
            cases.push_back(each->second);
        if (cases.empty())
            cases.emplace_back();
        for (StrategyCase& tested : cases) {
            tested.factory = registries.strategies.find(name);
            INFO(name << " " << tested.options);
            check(tested);
        }
    }
}

}  // namespace

// Those that take longest, with auto that picks among them, are cases of their own, which can run
// side by side.
TEST_CASE("auto keeps the promises of a strategy", "[conformance][search]") {
    for_each_strategy(check_strategy, [](const std::string& name) { return name == "auto"; });
}

TEST_CASE("strategies by Gaussian processes keep their promises", "[conformance][search]") {
    for_each_strategy(check_strategy, by_gaussian_processes);
}

TEST_CASE("every other registered strategy keeps its promises", "[conformance][search]") {
    for_each_strategy(check_strategy, [](const std::string& name) {
        return name != "auto" && !by_gaussian_processes(name);
    });
}

TEST_CASE("with every registered strategy a study's log is the same however it is run",
          "[conformance][search]") {
    for_each_strategy(check_strategy_in_study);
}

TEST_CASE("a pre-filter keeps the promises of a strategy", "[conformance][search]") {
    search::Registries registries;
    search::register_strategies(registries);
    for (const char* options :
         {R"({"type": "random", "prefilter": {"pool": 4}})",
          R"({"type": "nsga2", "population": 8, "prefilter": {"pool": 3, "proxies": ["zico"]}})"}) {
        INFO(options);
        const StrategyCase tested{.factory =
                                      [&](ObjectReader& reader, const search::SamplerSetup& setup) {
                                          return search::make_strategy(
                                              registries.strategies, reader, setup);
                                      },
                                  .options = options,
                                  .run_phase = first_value_scores};
        check_strategy(tested);
        check_strategy_in_study(tested);
    }
}
