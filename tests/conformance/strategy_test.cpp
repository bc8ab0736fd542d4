// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/strategy.h"

#include <functional>
#include <map>
#include <string>

#include "search/builtins.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::tests;

namespace {

// Options under which a strategy is tested too, and in place of none where it leaves its
// random beginning too late to be tested.
const std::multimap<std::string, std::string> kOptions = {
    {"grid", "{}"},
    {"grid", R"({"points": 3})"},
    {"local_search", "{}"},
    {"local_search", R"({"initial": 5})"},
    {"nsga2", R"({"population": 8})"},
    {"qmc", "{}"},
    {"qmc", R"({"sequence": "halton"})"},
    {"regularized_evolution", R"({"population": 10, "sample": 4})"},
};

// Calls `check` for every registered strategy, with each of its options.
void for_each_strategy(const std::function<void(const StrategyCase&)>& check) {
    search::Registries registries;
    search::register_strategies(registries);
    for (const std::string& name : registries.strategies.names()) {
        const search::StrategyFactory& factory = registries.strategies.find(name);
        const auto [begin, end] = kOptions.equal_range(name);
        if (begin == end)
            check({.factory = factory});
        for (auto options = begin; options != end; ++options) {
            INFO(name << " " << options->second);
            check({.factory = factory, .options = options->second});
        }
    }
}

}  // namespace

TEST_CASE("every registered strategy keeps its promises", "[conformance][search]") {
    for_each_strategy(check_strategy);
}

TEST_CASE("with every registered strategy a study's log is the same however it is run",
          "[conformance][search]") {
    for_each_strategy(check_strategy_in_study);
}
