// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "spaces/lint.h"
#include "tests/spaces/space_texts.h"
#include "tests/support/catch.h"

// Where two features of space documents meet.
namespace parnas::spaces {

TEST_CASE("an argument that is given leaves no parameter of its default", "[spaces][template]") {
    const auto space = space_of(R"(
name: corner@1
input: {image: [4, 8, 8]}
define:
  a: {arguments: {k: {one_of: [1, 3]}}, body: [conv: {out: 4, kernel: {arg: k}}]}
body:
  - use: {name: fixed, block: a, with: {k: 3}}
  - use: {name: open, block: a, with: {k: {one_of: [3, 5]}}}
  - use: {name: usual, block: a}
)");
    CHECK(names(*space) == std::vector<std::string>{"open.k", "usual.k"});
}

TEST_CASE("an identity that projects has a name, and its projecting may be a choice",
          "[spaces][template]") {
    const auto space = space_of(R"(
name: corner@1
input: {image: [4, 8, 8]}
body:
  - choice:
      name: op
      options: [identity: {name: skip, project: {one_of: [false, true]}}, conv: {out: 8}]
  - conv: {from: skip, out: same}
)");
    const auto width = [&](bool project) {
        return output_shape(
            network_of(*space, {{"op", std::string("skip")}, {"op.skip.project", project}}))[0];
    };
    CHECK_THROWS(network_of(*space, {{"op", std::string("conv")}}));  // nothing is named skip
    CHECK(width(false) == 4);
    CHECK(width(true) == 8);
}

TEST_CASE("identities among branches project to what stands beside them", "[spaces][template]") {
    const auto space = space_of(R"(
name: corner@1
input: {image: [4, 8, 8]}
body:
  - branches:
      branches:
        - identity: {project: true}
        - conv: {out: {one_of: [8, 16]}, stride: 2}
)");
    const std::string param = names(*space)[0];
    CHECK(output_shape(network_of(*space, {{param, std::int64_t{16}}})) == Shape{16, 4, 4});
}

TEST_CASE("the first genotype may break a requirement", "[spaces][template]") {
    const auto space = space_of(R"(
name: corner@1
input: {sequence: [5, 10]}
params: {heads: {one_of: [3, 5]}}
body: [attention: {heads: {param: heads}}]
require: ["10 % heads == 0"]
)");
    CHECK(space->feasible({{std::int64_t{1}}}));
    CHECK_FALSE(space->feasible({{std::int64_t{0}}}));
}

TEST_CASE("lint finds a requirement that fails for some values", "[spaces][template]") {
    const auto space = space_of(R"(
name: corner@1
params: {a: {one_of: [1, x]}}
require: ["a > 0"]
)");
    const std::vector<Fault> faults = lint(*space, {.samples = 20}).faults;
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].where == "a > 0");
}

TEST_CASE("an early exit keeps its own name beside that of the output", "[spaces][template]") {
    const auto space = space_of(R"(
name: corner@1
input: {image: [4, 8, 8]}
body:
  - conv: {name: trunk, output: early, out: {one_of: [4, 8]}}
  - add: {from: [trunk, early]}
)");
    const Network network = network_of(*space, {{"trunk.out", std::int64_t{4}}});
    CHECK(network.nodes.back().inputs == std::vector<ValueId>{1, 1});
    CHECK(network.outputs.size() == 2);
}

TEST_CASE("nodes never share a name with each other or an input", "[spaces][template]") {
    const auto space = space_of(R"(
name: corner@1
input: {pool: [4, 8, 8]}
define: {a: {body: [[act: relu, act: relu]]}}
body:
  - use: a
  - pool: max
  - choice: {options: [[act: relu], sequence: {body: [act: relu]}]}
)");
    for (const std::int64_t option : {0, 1}) {
        const Network network = *space->decode({{option}}).network;
        std::set<std::string> all{network.inputs[0].name};
        for (const Node& node : network.nodes)
            CHECK(all.insert(node.name).second);
    }
}

TEST_CASE("two open dimensions of an input are two parameters", "[spaces][template]") {
    const auto space = space_of(R"(
name: corner@1
input: {image: [3, {one_of: [8, 16]}, {one_of: [8, 16]}]}
body: [conv: {out: 4}]
)");
    CHECK(names(*space) == std::vector<std::string>{"input.image.1", "input.image.2"});
}

TEST_CASE("an image of unknown height cannot be scaled", "[spaces][template]") {
    CHECK_THROWS_WITH(space_of(R"(
name: corner@1
input: {image: [3, height, 8]}
body: [resize: {scale: {one_of: [1, 2]}}]
)"),
                      Catch::Contains("resize: height and width must be known"));
}

}  // namespace parnas::spaces
