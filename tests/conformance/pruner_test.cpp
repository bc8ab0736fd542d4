// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/pruner.h"

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "search/builtins.h"
#include "tests/support/catch.h"

using namespace parnas;

namespace {

// The options that pruners cannot be without.
const std::map<std::string, Json> kNeeded{
    {"patient", {{"patience", 2}}},
    {"percentile", {{"percentile", 25}}},
    {"threshold", {{"lower", -1.2}, {"upper", 1.2}}},  // in either direction the same
};

}  // namespace

TEST_CASE("every pruner keeps what pruners promise", "[conformance][search][pruner]") {
    search::Registries registries;
    search::register_pruners(registries);
    for (const std::string& name : registries.pruners.names()) {
        CAPTURE(name);
        const auto needed = kNeeded.find(name);
        tests::check_pruner(registries.pruners.find(name),
                            needed == kNeeded.end() ? Json::object() : needed->second);
    }
}

TEST_CASE("a median pruner with all its options keeps them too", "[conformance][search][pruner]") {
    search::Registries registries;
    search::register_pruners(registries);
    tests::check_pruner(
        registries.pruners.find("median"),
        {{"startup_trials", 3}, {"warmup_steps", 2}, {"interval_steps", 3}, {"min_trials", 2}});
}

TEST_CASE("pruners with rungs keep them with other options", "[conformance][search][pruner]") {
    search::Registries registries;
    search::register_pruners(registries);
    tests::check_pruner(
        registries.pruners.find("successive_halving"),
        {{"min_resource", 1}, {"reduction_factor", 2}, {"min_early_stopping_rate", 1}});
    tests::check_pruner(registries.pruners.find("asha"),
                        {{"min_resource", "auto"}, {"reduction_factor", 2}});
    tests::check_pruner(registries.pruners.find("hyperband"),
                        {{"min_resource", 2}, {"max_resource", 12}, {"reduction_factor", 2}});
}

TEST_CASE("a patient pruner keeps them with what it wraps", "[conformance][search][pruner]") {
    search::Registries registries;
    search::register_pruners(registries);
    tests::check_pruner(registries.pruners.find("patient"),
                        {{"patience", 1},
                         {"min_delta", 0.1},
                         {"wrapped", {{"type", "median"}, {"startup_trials", 2}}}});
}
