// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/space.h"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "spaces/load.h"
#include "tests/support/catch.h"
#include "tests/support/infeasible_space.h"
#include "tests/support/repository.h"
#include "tests/support/spaces.h"

using namespace parnas;
using namespace parnas::tests;

namespace {

void check_document(const Json& reference, int samples) {
    const auto reload = [](std::string_view document) {
        return spaces::load_space(parse_json(document, "document"), ".");
    };
    check_space(*spaces::load_space(reference, "."), reload, samples);
}

// Requirements over parameters of which some are not always active, a chain of conditions,
// a block chosen within a repetition, branches, a projection and training settings.
constexpr const char* kCorners = R"({
    "name": "corners@1",
    "input": {"image": [4, 8, 8]},
    "output": {"classes": 3},
    "params": {
        "width": {"one_of": [4, 6, 8], "ordered": true},
        "wide": {"one_of": [false, true]},
        "factor": {"integer": [1, 3], "when": {"wide": true}},
        "extra": {"integer": [1, 2], "when": {"factor": {"at_least": 2}}}
    },
    "require": ["width % 4 == 0 or not wide", "factor * width <= 20", "extra < factor"],
    "body": [
        {"conv": {"name": "stem", "out": {"param": "width"}}},
        {"repeat": {"name": "stage", "times": {"integer": [0, 2]}, "body": {"choice": {
            "name": "op",
            "options": [
                {"conv": {"out": 8, "kernel": {"one_of": [1, 3]}}},
                {"identity": {"project": true}}
            ]}}}},
        {"branches": {"join": "concat", "branches": [{"conv": {"out": 2}}, "identity"]}},
        {"head": {}}
    ],
    "training": {"lr": {"real": [0.001, 0.1], "log": true},
                 "warmup": {"real": [0, 1], "step": 0.25}}
})";

// The document of a fake names it and no more.
void check_fake(const FakeSpace& space) {
    const auto same = [&](std::string_view) { return std::make_unique<FakeSpace>(space); };
    check_space(space, same, 200);
}

// Its plugin is beside the space and must be built first.
bool needs_plugin(const std::filesystem::path& space) {
    return std::ranges::any_of(
        std::filesystem::directory_iterator(space.parent_path()),
        [](const auto& entry) { return entry.path().string().ends_with(".plugin.yaml"); });
}

}  // namespace

TEST_CASE("every built-in space keeps the promises of a search space",
          "[conformance][spaces][library]") {
    for (const spaces::LibrarySpace& space : spaces::library_spaces())
        check_document(space.name, 8);
}

TEST_CASE("built-in spaces with arguments keep the promises of a search space",
          "[conformance][spaces][library]") {
    check_document({{"name", "cell201"}, {"with", {{"image", {1, 8, 8}}, {"cells", 1}}}}, 80);
    check_document({{"name", "mlp"}, {"with", {{"layers", 1}, {"widths", {4, 8}}}}}, 80);
}

TEST_CASE("a document full of corners keeps the promises of a search space",
          "[conformance][spaces]") {
    check_document({{"document", parse_json(kCorners, "corners")}}, 300);
}

TEST_CASE("the spaces of the examples keep the promises of a search space",
          "[conformance][spaces][examples]") {
    int spaces = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(repository() / "examples"))
        if (entry.path().filename() == "space.yaml" && !needs_plugin(entry.path())) {
            ++spaces;
            check_document(entry.path().string(), 40);
        }
    CHECK(spaces >= 3);
}

TEST_CASE("the spaces that tests search keep the promises of a search space",
          "[conformance][spaces][fakes]") {
    for (const FakeSpace& space :
         {small_space(), cell_space(), mixed_space(), real_space(5), network_space()})
        check_fake(space);
}

TEST_CASE("a mostly infeasible space keeps the promises of a search space",
          "[conformance][spaces][fakes]") {
    const FakeSpace inner = network_space();
    const InfeasibleSpace space(inner, 0.2);
    check_space(
        space, [&](std::string_view) { return std::make_unique<InfeasibleSpace>(inner, 0.2); }, 50);
}
