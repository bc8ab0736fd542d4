// SPDX-License-Identifier: Apache-2.0
#include "spaces/lint.h"

#include <nlohmann/json.hpp>

#include "spaces/load.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::spaces;

namespace {

LintReport lint_document(const char* document, const LintOptions& options = {}) {
    return lint(*load_space({{"document", parse_json(document, "space")}}, {}), options);
}

// Plain networks of four widths.
constexpr const char* kWidths = R"({"name": "widths@1", "input": {"image": [1, 8, 8]},
    "output": {"classes": 2}, "body": [
        {"conv": {"out": {"one_of": [1, 2, 4, 8]}, "kernel": 3}}, {"head": {}}]})";

}  // namespace

TEST_CASE("lint finds values that no feasible candidate has", "[spaces][lint]") {
    const LintReport report = lint_document(R"({"name": "x@1", "params": {
        "a": {"one_of": ["u", "v", "w"]}, "n": {"integer": [1, 4]},
        "b": {"one_of": [0, 1], "when": {"a": "v"}}}, "require": ["a != 'w' or n > 4"]})");
    CHECK(report.unreachable == std::vector<std::string>{"a=w"});
}

TEST_CASE("a value that is rare is still in reach", "[spaces][lint]") {
    const LintReport report = lint_document(R"({"name": "x@1", "params": {
        "a": {"integer": [1, 1000]},
        "b": {"one_of": [0, 1], "when": {"a": 7}},
        "c": {"one_of": [0, 1], "when": {"b": 1}}}})");
    CHECK(report.unreachable.empty());
}

TEST_CASE("lint says which share of networks is within limits", "[spaces][lint]") {
    const LintReport free = lint_document(kWidths);
    CHECK_FALSE(free.within);
    const auto middle = static_cast<double>(free.parameters->low + free.parameters->high) / 2.0;
    const LintReport half = lint_document(kWidths, {.limits = {{"parameters", middle}}});
    CHECK(*half.within > 0.2);
    CHECK(*half.within < 0.95);
    const LintReport none = lint_document(
        kWidths,
        {.limits = {{"multiply_adds", 1.0}, {"weight_bytes", 1e9}, {"peak_memory_bytes", 1e9}}});
    CHECK(*none.within == 0.0);
    CHECK_THROWS_AS(lint_document(kWidths, {.limits = {{"latency_ms", 1.0}}}), Error);
}

TEST_CASE("lint counts cells without a way through, and nodes that do nothing", "[spaces][lint]") {
    const LintReport cells = lint(*load_space("cell201", {}), {.samples = 200});
    CHECK(cells.dead > 0.0);
    CHECK(cells.dead < 0.5);
    CHECK(cells.idle > 0.05);
    const LintReport plain = lint_document(kWidths);
    CHECK(plain.dead == 0.0);
    CHECK(plain.idle == 0.0);
}
