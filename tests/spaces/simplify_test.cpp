// SPDX-License-Identifier: Apache-2.0
#include "spaces/simplify.h"

#include "core/rng.h"
#include "spaces/shapes.h"
#include "tests/spaces/network_examples.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

const Shape kSmallImage{3, 8, 8};

std::vector<std::string> names_left(const Network& network) {
    std::vector<std::string> names;
    for (const Node& node : simplify(network).nodes)
        names.push_back(node.name);
    return names;
}

using Names = std::vector<std::string>;

TEST_CASE("identities, sums of one and dropout of rate 0 are short-cut", "[spaces][simplify]") {
    Sketch sketch(kSmallImage);
    const ValueId identity = sketch.add(Identity{}, {0});
    const ValueId one = sketch.add(Add{}, {identity});
    const ValueId dropout = sketch.add(Dropout{}, {one});
    const ValueId relu = sketch.add(Activation{}, {dropout});
    const ValueId kept = sketch.add(Dropout{.rate = 0.2}, {relu});
    const Network simple = simplify(sketch.ending_in({kept, identity}));
    REQUIRE(simple.nodes.size() == 2);
    CHECK(simple.nodes[0].inputs == std::vector<ValueId>{0});
    CHECK(simple.outputs == std::vector<ValueId>{2, 0});
}

TEST_CASE("what no output needs is removed", "[spaces][simplify]") {
    Sketch sketch(kSmallImage);
    const ValueId used = sketch.add(Activation{}, {0});
    sketch.add(Pool{}, {sketch.add(conv3x3(4), {used})});
    CHECK(names_left(sketch.ending_in({used})) == Names{"n0"});
}

TEST_CASE("a sum that only another sum reads is merged into it", "[spaces][simplify]") {
    Sketch sketch(kSmallImage);
    const ValueId a = sketch.add(conv3x3(3), {0});
    const ValueId b = sketch.add(conv3x3(3), {0});
    const ValueId inner = sketch.add(Add{}, {a, b});
    const ValueId outer = sketch.add(Add{}, {0, inner, a});
    const Network merged = simplify(sketch.ending_in({outer}));
    REQUIRE(merged.nodes.size() == 3);
    CHECK(merged.nodes[2].inputs == std::vector<ValueId>{0, a, b, a});

    CHECK(simplify(sketch.ending_in({outer, inner})).nodes.size() == 4);
    const ValueId twice = sketch.add(Add{}, {inner, inner});
    CHECK(simplify(sketch.ending_in({twice})).nodes.size() == 4);
}

TEST_CASE("sums drop zeros, and ops carry them", "[spaces][simplify]") {
    Sketch sketch(kSmallImage);
    const ValueId zero = sketch.add(Zero{}, {0});
    const ValueId dead = sketch.add(Pool{}, {sketch.relu_conv_norm(zero, conv3x3(3))});
    const ValueId live = sketch.add(Pool{}, {sketch.add(conv3x3(3), {0})});
    const ValueId sum = sketch.add(Add{}, {dead, live});
    CHECK(names_left(sketch.ending_in({sum})) == Names{"n5", "n6"});

    const ValueId product = sketch.add(Multiply{}, {sum, dead});
    const ValueId half = sketch.add(Activation{.kind = ActivationKind::sigmoid}, {product});
    const Network simple = simplify(sketch.ending_in({half}));
    CHECK(infer_shapes(simple).back() == Shape{3, 4, 4});
    CHECK(std::holds_alternative<Activation>(simple.nodes.back().op));
}

TEST_CASE("a bias stops zeros", "[spaces][simplify]") {
    Sketch sketch(kSmallImage);
    Conv conv = conv3x3(5);
    conv.bias = true;
    const ValueId zero = sketch.add(Zero{}, {sketch.add(Activation{}, {0})});
    const Network simple =
        simplify(sketch.ending_in({sketch.add(conv, {sketch.add(Norm{}, {zero})})}));
    REQUIRE(simple.nodes.size() == 2);
    CHECK(simple.nodes[0].op == Op{Zero{}});
    CHECK(simple.nodes[0].inputs == std::vector<ValueId>{0});
    CHECK(simple.nodes[1].op == Op{conv});
}

TEST_CASE("an output of zeros keeps its shape", "[spaces][simplify]") {
    Sketch sketch(kSmallImage);
    const ValueId zero = sketch.add(Zero{}, {0});
    const ValueId wide = sketch.relu_conv_norm(zero, conv3x3(6, 2));
    const ValueId sum = sketch.add(Add{}, {wide, sketch.add(Activation{}, {wide})});
    const Network network = sketch.ending_in({sketch.add(Concat{}, {sum, wide})});
    const Network simple = simplify(network);
    CHECK(infer_shapes(simple).back() == Shape{12, 4, 4});
    CHECK(names_left(network) == Names{"n0", "n2", "n6"});
}

TEST_CASE("zeros after a custom op stay where they are", "[spaces][simplify]") {
    Sketch sketch(kSmallImage);
    const ValueId custom = sketch.add(Custom{.type = "mix", .attributes = {}}, {0});
    const ValueId zero = sketch.add(Zero{}, {custom});
    const ValueId relu = sketch.add(Activation{}, {zero});
    CHECK(names_left(sketch.ending_in({relu})) == Names{"n0", "n1", "n2"});
    const ValueId sum = sketch.add(Add{}, {relu, custom});
    CHECK(names_left(sketch.ending_in({sum})) == Names{"n0"});
}

Network network_with_zeros(Rng& rng) {
    Sketch sketch(kSmallImage);
    std::vector<ValueId> values{0};
    const std::vector<Op> ops = {
        Identity{}, Zero{}, Add{}, Add{}, Activation{}, Multiply{}, Dropout{}, Norm{}, conv3x3(3)};
    for (std::uint64_t i = 0; i < 12; ++i) {
        const Op& op = rng.pick(ops);
        std::vector<ValueId> inputs{rng.pick(values)};
        const std::uint64_t more = std::holds_alternative<Add>(op)        ? rng.below(3)
                                   : std::holds_alternative<Multiply>(op) ? 1
                                                                          : 0;
        for (std::uint64_t k = 0; k < more; ++k)
            inputs.push_back(rng.pick(values));
        values.push_back(sketch.add(op, inputs));
    }
    return sketch.ending_in({values.back(), rng.pick(values)});
}

TEST_CASE("simplifying is idempotent and keeps shapes", "[spaces][simplify]") {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        Rng rng(seed);
        const Network network = network_with_zeros(rng);
        const Network simple = simplify(network);
        CAPTURE(seed);
        REQUIRE(simplify(simple) == simple);
        REQUIRE(simple.nodes.size() <= network.nodes.size());
        const std::vector<Shape> before = infer_shapes(network);
        const std::vector<Shape> after = infer_shapes(simple);
        for (std::size_t i = 0; i < network.outputs.size(); ++i)
            REQUIRE(after[static_cast<std::size_t>(simple.outputs[i])] ==
                    before[static_cast<std::size_t>(network.outputs[i])]);
    }
}

}  // namespace
}  // namespace parnas::spaces
