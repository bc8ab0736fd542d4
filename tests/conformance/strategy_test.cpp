// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/strategy.h"

#include <map>

#include "search/builtins.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::tests;

namespace {

// Options with which a strategy leaves its random beginning early; default: none.
const std::map<std::string, std::string> kOptions = {
    {"nsga2", R"({"population": 8})"},
    {"regularized_evolution", R"({"population": 10, "sample": 4})"},
};

}  // namespace

TEST_CASE("every registered strategy keeps its promises", "[conformance][search]") {
    search::Registries registries;
    search::register_strategies(registries);
    for (const std::string& name : registries.strategies.names()) {
        INFO(name);
        const auto options = kOptions.find(name);
        check_strategy({.factory = registries.strategies.find(name),
                        .options = options == kOptions.end() ? "{}" : options->second});
    }
}
