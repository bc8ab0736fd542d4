// SPDX-License-Identifier: Apache-2.0
#include "cli/torch_module.h"

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;

TEST_CASE("a job needs the module for training and for measuring only", "[cli][torch]") {
    const auto needs = [](const char* text) { return needs_torch_module(parse_json(text, "job")); };
    CHECK(needs(R"({"evaluator": {"type": "training"}})"));
    CHECK(needs(R"({"evaluator": {"type": "synthetic"}, "target": {"model": "measured"}})"));
    CHECK_FALSE(needs(R"({"evaluator": {"type": "synthetic"}, "target": {"model": "roofline"}})"));
    CHECK(needs(R"({"target": {"model": "measured", "runtime": "libtorch-frozen"}})"));
    CHECK_FALSE(needs(R"({"target": {"model": "measured", "runtime": "opencv"}})"));
    CHECK(needs(R"({"target": {"model": "fitted", "measure": {"model": "measured"}}})"));
    CHECK_FALSE(needs(
        R"({"target": {"model": "fitted", "measure": {"model": "measured", "runtime": "opencv"}}})"));
    CHECK_FALSE(needs(R"({"name": "training", "evaluator": {"data": "training"}})"));
    CHECK_FALSE(needs("[]"));
}

TEST_CASE("a module that is missing or broken says what to do", "[cli][torch]") {
    search::Registries registries;
    const auto refusal = [&](const char* path) {
        setenv("PARNAS_TORCH_MODULE", path, 1);
        try {
            open_torch_module(registries);
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorKind::internal, "opened");
    };
    const Error missing = refusal("/nowhere/libparnas_torch.so");
    CHECK(missing.kind() == ErrorKind::not_found);
    CHECK(missing.faults().front().where == "/nowhere/libparnas_torch.so");
    CHECK(missing.faults().front().message.find("libtorch-dev") != std::string::npos);
    CHECK(refusal("/proc/self/cmdline").kind() == ErrorKind::unavailable);
    CHECK(registries.evaluators.names().empty());
    unsetenv("PARNAS_TORCH_MODULE");
}
