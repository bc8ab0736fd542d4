// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "spaces/canonical.h"
#include "spaces/count.h"
#include "spaces/lint.h"
#include "spaces/load.h"
#include "spaces/shapes.h"
#include "tests/spaces/space_texts.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

// A small image network around `body`, which is indented by two spaces.
std::unique_ptr<SearchSpace> body_of(const std::string& body) {
    return space_of("name: test@1\ninput: {image: [4, 8, 8]}\noutput: {classes: 3}\nbody:\n" +
                    body);
}

std::vector<Fault> faults_of(const std::string& text) {
    try {
        space_of(text);
    } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::invalid_input);
        return error.faults();
    }
    return {};
}

bool has_fault(const std::vector<Fault>& faults,
               const std::string& where,
               const std::string& message) {
    return std::ranges::any_of(faults, [&](const Fault& fault) {
        return fault.where.find(where) != std::string::npos &&
               fault.message.find(message) != std::string::npos;
    });
}

const std::string kTinyMobile = R"(
name: tiny-mobile@1
input: {image: [3, 32, 32]}
output: {classes: 10}
body:
  - conv: {out: 16, kernel: 3, stride: 1, norm: batch, act: relu}
  - repeat:
      name: stage1
      times: {integer: [1, 3]}
      body:
        - choice:
            name: op
            options:
              - mbconv: {out: 24, kernel: {one_of: [3, 5]}, expand: {one_of: [3, 6]}, se: {one_of: [false, true]}}
              - identity: {project: true}
  - head: {pool: average, classes: 10}
training: {lr: {real: [0.01, 0.5], log: true}, batch: {one_of: [64, 128]}}
)";

TEST_CASE("the example of the design is a space", "[spaces][template]") {
    const auto space = space_of(kTinyMobile);
    REQUIRE(names(*space) == std::vector<std::string>{"stage1.times",
                                                      "stage1.1.op",
                                                      "stage1.1.op.mbconv.kernel",
                                                      "stage1.1.op.mbconv.expand",
                                                      "stage1.1.op.mbconv.se",
                                                      "stage1.2.op",
                                                      "stage1.2.op.mbconv.kernel",
                                                      "stage1.2.op.mbconv.expand",
                                                      "stage1.2.op.mbconv.se",
                                                      "stage1.3.op",
                                                      "stage1.3.op.mbconv.kernel",
                                                      "stage1.3.op.mbconv.expand",
                                                      "stage1.3.op.mbconv.se",
                                                      "lr",
                                                      "batch"});
    Rng rng(1);
    for (int i = 0; i < 50; ++i) {
        const Decoded decoded = space->decode(sample_feasible(*space, rng));
        REQUIRE(output_shape(*decoded.network) == Shape{10});
        REQUIRE(decoded.values.contains("lr"));
        REQUIRE(decoded.values.size() == 2);
    }
    REQUIRE(lint(*space, {.samples = 50}).faults.empty());
}

TEST_CASE("a repetition that is not there has no parameters", "[spaces][template]") {
    const auto space = body_of(R"(
  - repeat:
      name: r
      times: {integer: [0, 2]}
      body: {conv: {out: {one_of: [4, 8]}, kernel: 1}}
  - head: {}
)");
    // 1 + 2 + 2 * 2
    REQUIRE(cardinality(space->params()) == 7.0);
    REQUIRE(network_of(*space, {{"r.times", std::int64_t{0}}}).nodes.size() == 2);
    REQUIRE_THROWS_AS(
        network_of(*space, {{"r.times", std::int64_t{2}}, {"r.1.conv.out", std::int64_t{4}}}),
        Error);
}

TEST_CASE("repetitions can share their choices", "[spaces][template]") {
    const auto space = body_of(R"(
  - repeat:
      name: r
      times: 3
      choices: shared
      body: {conv: {out: {one_of: [4, 8]}, kernel: 1}}
  - head: {}
)");
    REQUIRE(names(*space) == std::vector<std::string>{"r.conv.out"});
    const Network network = network_of(*space, {{"r.conv.out", std::int64_t{8}}});
    REQUIRE(network.nodes.size() == 5);
    REQUIRE(infer_shapes(network)[3] == Shape{8, 8, 8});
}

TEST_CASE("the first of a repetition may differ from the rest", "[spaces][template]") {
    const auto space = body_of(R"(
  - repeat:
      times: {integer: [1, 3]}
      first: {conv: {out: 8, kernel: 3, stride: 2}}
      rest: {conv: {out: same, kernel: 3}}
  - head: {}
)");
    const Network network = network_of(*space, {{"repeat.times", std::int64_t{3}}});
    REQUIRE(infer_shapes(network)[3] == Shape{8, 4, 4});
}

TEST_CASE("the number of repetitions may be computed from one parameter", "[spaces][template]") {
    const auto space = space_of(R"(
name: scaled@1
input: {image: [4, 8, 8]}
output: {classes: 3}
params: {depth: {one_of: [1.0, 1.5, 2.0], ordered: true}}
body:
  - repeat: {name: r, times: {ceil: ["2 * depth"]}, body: {conv: {out: same, kernel: {one_of: [1, 3]}}}}
  - head: {}
)");
    // 2, 3 or 4 convolutions with two kernels each.
    REQUIRE(cardinality(space->params()) == 4.0 + 8.0 + 16.0);
    Assignment values{{"depth", 1.5}};
    for (const char* const name : {"r.1.conv.kernel", "r.2.conv.kernel", "r.3.conv.kernel"})
        values.emplace(name, std::int64_t{1});
    REQUIRE(network_of(*space, values).nodes.size() == 5);
}

TEST_CASE("a residual adds its input, projected where a shortcut says so", "[spaces][template]") {
    const auto space = body_of(R"(
  - residual:
      body: [conv: {out: 8, kernel: {one_of: [1, 3]}}]
      shortcut: {identity: {project: true}}
  - residual: {body: {conv: {out: same, kernel: 3}}}
  - head: {}
)");
    const Network network = network_of(*space, {{"residual.body.conv.kernel", std::int64_t{3}}});
    REQUIRE(std::ranges::count_if(network.nodes, [](const Node& node) {
                return std::holds_alternative<Add>(node.op);
            }) == 2);
}

TEST_CASE("branches are joined by concatenation and multiplication too", "[spaces][template]") {
    const auto space = body_of(R"(
  - branches: {join: concat, branches: [{conv: {out: 4, kernel: {one_of: [1, 3]}}}, {conv: {out: 2}}, identity]}
  - branches: {join: multiply, branches: [{conv: {out: same}}, identity]}
  - head: {}
)");
    const Network network = network_of(*space, {{"branches.branch1.conv.kernel", std::int64_t{3}}});
    REQUIRE(infer_shapes(network)[static_cast<std::size_t>(network.nodes.back().inputs[0])] ==
            Shape{10});
}

TEST_CASE("an identity is projected where its choice says so", "[spaces][template]") {
    const auto space = body_of(R"(
  - choice: {name: op, options: [{identity: {project: true}}, {conv: {out: 8, stride: 2}}]}
  - head: {}
)");
    REQUIRE(lint(*space, {.samples = 5}).faults.empty());
    REQUIRE(infer_shapes(network_of(*space, {{"op", "identity"}}))[1] == Shape{8, 4, 4});
}

TEST_CASE("lint finds choices whose options differ in shape", "[spaces][template]") {
    const auto space = body_of(R"(
  - choice: {name: op, options: [identity, {conv: {out: 8}}]}
  - head: {}
)");
    REQUIRE(has_fault(
        lint(*space, {.samples = 5}).faults, "op", "identity gives 4x8x8 and op.conv gives 8x8x8"));
}

TEST_CASE("a cell's node takes the best inputs of all", "[spaces][template]") {
    const auto space = body_of(R"(
  - cell:
      nodes: 3
      take: 2
      combine: add
      edge: [identity, {conv: {name: c, out: same}}]
  - head: {}
)");
    REQUIRE(names(*space) == std::vector<std::string>{"cell.node1.from0",
                                                      "cell.node2.from0",
                                                      "cell.node2.from1",
                                                      "cell.node3.inputs",
                                                      "cell.node3.from0",
                                                      "cell.node3.from1",
                                                      "cell.node3.from2"});
    REQUIRE(cardinality(space->params()) == 2.0 * 4.0 * (3.0 * 4.0));
}

TEST_CASE("a later block reads any earlier one by name", "[spaces][template]") {
    const auto space = body_of(R"(
  - conv: {name: low, out: 8, kernel: {one_of: [1, 3]}}
  - pool: {kernel: 2}
  - resize: {name: high, scale: 2}
  - add: {from: [low, high]}
  - head: {}
)");
    const Network network = network_of(*space, {{"low.kernel", std::int64_t{1}}});
    REQUIRE(network.nodes[3].inputs == std::vector<ValueId>{1, 3});
}

TEST_CASE("an early exit is a further output", "[spaces][template]") {
    const auto exits = body_of(R"(
  - conv: {name: trunk, out: {one_of: [4, 8]}}
  - head: {output: early}
  - conv: {from: trunk, out: 8}
  - head: {}
)");
    const Network network = network_of(*exits, {{"trunk.out", std::int64_t{4}}});
    REQUIRE(network.outputs.size() == 2);
    REQUIRE(output_shape(network) == Shape{3});
    REQUIRE_THROWS_WITH(body_of("  - conv: {out: {one_of: [4, 8]}}\n  - head: {from: trunk}\n"),
                        Catch::Contains("`from` names 'trunk'"));
}

TEST_CASE("a requirement rules out genotypes, where its parameters count", "[spaces][template]") {
    const auto space = space_of(R"(
name: transformer@1
input: {tokens: {shape: [length], dtype: int64}}
output: {classes: 2}
params: {width: {one_of: [12, 16]}, heads: {one_of: [2, 3, 4]}}
body:
  - embedding: {count: 100, features: {param: width}}
  - attention: {heads: {param: heads}}
  - linear: {out: 2}
require: ["width % heads == 0"]
)");
    REQUIRE(space->feasible(from_assignment(
        space->params(), {{"width", std::int64_t{16}}, {"heads", std::int64_t{4}}})));
    const Genotype bad =
        from_assignment(space->params(), {{"width", std::int64_t{16}}, {"heads", std::int64_t{3}}});
    REQUIRE_FALSE(space->feasible(bad));
    REQUIRE_THROWS_AS(space->decode(bad), Error);
    REQUIRE(lint(*space, {.samples = 300}).feasible == Approx(5.0 / 6.0).margin(0.1));
}

TEST_CASE("a window makes another network of local attention only", "[spaces][template]") {
    const auto space = space_of(R"(
name: attention@1
input: {x: [6, 8]}
params: {window: {one_of: [0, 2, 3]}}
body: [attention: {kind: {one_of: [full, local, linear]}, window: {param: window}}]
)");
    const auto attention = [&](const char* kind, std::int64_t window) {
        const Network network = network_of(*space, {{"attention.kind", kind}, {"window", window}});
        return std::get<Attention>(network.nodes.at(0).op);
    };
    CHECK(attention("full", 2) == Attention{});
    CHECK(attention("linear", 3) == Attention{.kind = AttentionKind::linear});
    CHECK(attention("local", 3) == Attention{.kind = AttentionKind::local, .window = 3});
    CHECK_THROWS_WITH(attention("local", 0),
                      Catch::Contains("local attention needs a window of 1 or more"));
}

TEST_CASE("a definition is used with arguments, its choices its own or shared",
          "[spaces][template]") {
    const std::string text = R"(
name: uses@1
arguments: {wide: 8}
input: {image: [4, 8, 8]}
output: {classes: 3}
define:
  unit:
    arguments: {out: 4}
    body: {conv: {out: {arg: out}, kernel: {one_of: [1, 3]}}}
body:
  - use: {block: unit, choices: CHOICES}
  - use: {block: unit, choices: CHOICES, with: {out: {expr: wide * 2}}}
  - head: {}
)";
    const auto with = [&](const std::string& choices) {
        std::string copy = text;
        for (std::size_t at = 0; (at = copy.find("CHOICES")) != std::string::npos;)
            copy.replace(at, 7, choices);
        return space_of(copy);
    };
    REQUIRE(names(*with("own")) == std::vector<std::string>{"unit.kernel", "unit2.kernel"});
    const auto shared = with("shared");
    REQUIRE(names(*shared) == std::vector<std::string>{"unit.kernel"});
    REQUIRE(infer_shapes(network_of(*shared, {{"unit.kernel", std::int64_t{3}}}))[2] ==
            Shape{16, 8, 8});
}

TEST_CASE("arguments are set from outside, and only known ones", "[spaces][template]") {
    const Json reference{{"name", "mlp"}, {"with", {{"features", 30}, {"classes", 2}}}};
    Rng rng(3);
    const auto space = load_space(reference, ".");
    REQUIRE(output_shape(*space->decode(sample_feasible(*space, rng)).network) == Shape{2});
    const Json unknown{{"name", "mlp"}, {"with", {{"feature", 30}}}};
    REQUIRE_THROWS_WITH(load_space(unknown, "."), Catch::Contains("takes no argument 'feature'"));
}

TEST_CASE("a space of parameters alone needs ten lines", "[spaces][template]") {
    const auto space = space_of(R"(
name: tuning@1
params:
  optimizer: {one_of: [sgd, adam]}
  lr: {real: [0.0001, 1], log: true}
  momentum: {real: [0, 0.99], when: {optimizer: sgd}}
  layers: {integer: [1, 4]}
  width2: {integer: [8, 64], log: true, when: {layers: {at_least: 2}}}
)");
    const Genotype genotype = from_assignment(
        space->params(), {{"optimizer", "adam"}, {"lr", 0.1}, {"layers", std::int64_t{1}}});
    const Decoded decoded = space->decode(genotype);
    REQUIRE(decoded.network == nullptr);
    REQUIRE(decoded.values ==
            Assignment{{"optimizer", "adam"}, {"lr", 0.1}, {"layers", std::int64_t{1}}});
}

TEST_CASE("words that other YAML readers take for truth values stay text", "[spaces][template]") {
    const auto space = space_of("name: words@1\nparams: {a: {one_of: [no, 'off', yes, on]}}\n");
    const auto& choices = std::get<Categorical>(space->params()[0].domain).choices;
    REQUIRE(choices == std::vector<Scalar>{"no", "off", "yes", "on"});
}

TEST_CASE("a wrong document shows all its faults with their places", "[spaces][template]") {
    const auto faults = faults_of(R"(name: wrong
input: {image: [3, 32, 32]}
output: {classes: 10}
body:
  - conv: {out: 0, kernl: 3}
  - repeat:
      times: {integer: [3, 1]}
      body: {convv: {out: 3}}
  - mbconv: {out: 8, kernel: {one_of: []}}
  - use: nothing
  - head: {act: reluu}
require: ["width % 2 == 0"]
budget: 3
)");
    REQUIRE(has_fault(faults, "space.yaml:1 /name", "expected a name with its version"));
    REQUIRE(has_fault(faults, ":5 /body/0/conv/out", "expected an integer from 1 to"));
    REQUIRE(has_fault(faults, "/body/0/conv", "unknown key 'kernl'; did you mean 'kernel'?"));
    REQUIRE(has_fault(faults, ":7 /body/1/repeat/times", "low must be below high: got 3 and 1"));
    REQUIRE(has_fault(faults, "/body/2/mbconv/kernel", "expected a list of at least one value"));
    REQUIRE(has_fault(faults, "/body/3/use", "nothing is defined under the name 'nothing'"));
    REQUIRE(has_fault(faults, "/body/4/head/act", "expected one of none, relu"));
    REQUIRE(has_fault(faults, "/require/0", "'width' is no parameter"));
    REQUIRE(has_fault(faults, "budget", "unknown key"));
}

TEST_CASE("a definition that uses itself is refused", "[spaces][template]") {
    const auto faults = faults_of(R"(
name: loop@1
input: {image: [3, 8, 8]}
define: {a: {body: [use: a, use: a]}}
body: [use: a]
)");
    REQUIRE(has_fault(faults, "", "does a definition use itself?"));
}

TEST_CASE("shapes that do not fit name the block", "[spaces][template]") {
    REQUIRE_THROWS_WITH(
        body_of(
            "  - conv: {name: big, out: {one_of: [4, 8]}, kernel: 11, padding: 0}\n  - head: {}\n"),
        Catch::Contains("big.conv"));
}

TEST_CASE("a requirement compares where choices stand in their lists", "[spaces][template]") {
    const auto space = space_of(R"(
name: ordered@1
input: {image: [4, 8, 8]}
output: {classes: 3}
params: {first: {one_of: [tanh, relu, gelu]}}
body:
  - act: {act: {param: first}}
  - choice: {name: second, options: [{act: {name: tanh, act: tanh}}, {act: {name: relu, act: relu}}, {act: {name: gelu, act: gelu}}]}
  - head: {}
require: ["first.index <= second.index"]
)");
    int feasible = 0;
    for (std::int64_t first = 0; first < 3; ++first)
        for (std::int64_t second = 0; second < 3; ++second) {
            const bool holds = space->feasible({.values = {first, second}});
            CHECK(holds == (first <= second));
            feasible += holds ? 1 : 0;
        }
    CHECK(feasible == 6);
}

}  // namespace
}  // namespace parnas::spaces
