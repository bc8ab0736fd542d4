// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/pruner.h"

#include <nlohmann/json.hpp>

#include "search/builtins.h"
#include "tests/support/catch.h"

using namespace parnas;

TEST_CASE("every pruner keeps what pruners promise", "[conformance][search][pruner]") {
    search::Registries registries;
    search::register_pruners(registries);
    for (const std::string& name : registries.pruners.names()) {
        CAPTURE(name);
        tests::check_pruner(registries.pruners.find(name), Json::object());
    }
}

TEST_CASE("a median pruner with all its options keeps them too", "[conformance][search][pruner]") {
    search::Registries registries;
    search::register_pruners(registries);
    tests::check_pruner(
        registries.pruners.find("median"),
        {{"startup_trials", 3}, {"warmup_steps", 2}, {"interval_steps", 3}, {"min_trials", 2}});
}
