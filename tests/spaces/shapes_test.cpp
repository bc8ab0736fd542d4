// SPDX-License-Identifier: Apache-2.0
#include "spaces/shapes.h"

#include "core/error.h"
#include "tests/spaces/network_examples.h"
#include "tests/support/catch.h"
#include "tests/support/custom_ops.h"

namespace parnas::spaces {
namespace {

Shape shape_after(const Op& op, const std::vector<Shape>& inputs) {
    return infer_shape(op, inputs);
}

TEST_CASE("each op has the output shape of its definition", "[spaces][shapes]") {
    const Shape image{3, 32, 30};
    CHECK(shape_after(conv3x3(16, 2), {image}) == Shape{16, 16, 15});
    CHECK(shape_after(Conv{.out = 6, .kernel = {3, 1}, .dilation = {2, 1}, .groups = 3}, {image}) ==
          Shape{6, 28, 30});
    CHECK(shape_after(Linear{.out = 7}, {{4, 9}}) == Shape{4, 7});
    CHECK(shape_after(Norm{}, {image}) == image);
    CHECK(shape_after(Norm{.kind = NormKind::group, .groups = 3}, {image}) == image);
    CHECK(shape_after(Activation{}, {image}) == image);
    CHECK(shape_after(Pool{}, {{3, 7, 8}}) == Shape{3, 3, 4});
    CHECK(shape_after(GlobalPool{}, {image}) == Shape{3});
    CHECK(shape_after(GlobalPool{.keep_dims = true}, {image}) == Shape{3, 1, 1});
    CHECK(shape_after(Add{}, {image, image, image}) == image);
    CHECK(shape_after(Multiply{}, {image, {3, 1, 1}}) == image);
    CHECK(shape_after(Concat{.axis = 1}, {{2, 3}, {2, 4}, {2, 5}}) == Shape{2, 12});
    CHECK(shape_after(Slice{.axis = 0, .start = 1, .length = 2}, {image}) == Shape{2, 32, 30});
    CHECK(shape_after(Reshape{.shape = {32, 0}}, {image}) == Shape{32, 90});
    CHECK(shape_after(Transpose{.order = {2, 0, 1}}, {image}) == Shape{30, 3, 32});
    CHECK(shape_after(Resize{.size = {4, 5}}, {image}) == Shape{3, 4, 5});
    CHECK(shape_after(Pad{.before = {1, 0}, .after = {2, 3}}, {image}) == Shape{3, 35, 33});
    CHECK(shape_after(Softmax{.axis = 2}, {image}) == image);
    CHECK(shape_after(Identity{}, {image}) == image);
    CHECK(shape_after(Zero{.stride = 2}, {{3, 7, 8}}) == Shape{3, 4, 4});
    CHECK(shape_after(Dropout{.rate = 0.5}, {image}) == image);
    CHECK(shape_after(Embedding{.count = 100, .features = 8}, {{12}}) == Shape{12, 8});
    CHECK(shape_after(Attention{.heads = 2}, {{12, 8}, {5, 8}}) == Shape{12, 8});
    const Attention local{.kind = AttentionKind::local, .window = 20};
    CHECK(shape_after(local, {{12, 8}, {12, 8}}) == Shape{12, 8});
    CHECK(shape_after(local, {{-1, 8}}) == Shape{-1, 8});
    CHECK(shape_after(Attention{.kind = AttentionKind::linear}, {{12, 8}, {5, 8}}) == Shape{12, 8});
    CHECK(shape_after(Recurrent{.hidden = 5, .bidirectional = true}, {{12, 8}}) == Shape{12, 10});
    CHECK(shape_after(MessagePassing{.out = 4}, {{10, 3}, {2, 40}}) == Shape{10, 4});
}

TEST_CASE("an op that does not fit its inputs is refused", "[spaces][shapes]") {
    const Shape image{3, 32, 32};
    const std::vector<std::pair<Op, std::vector<Shape>>> wrong = {
        {Conv{}, {{3}}},
        {Conv{.out = 4, .groups = 2}, {image}},
        {Conv{.kernel = {33, 33}}, {image}},
        {Conv{.stride = {0, 1}}, {image}},
        {Conv{.padding = {-1, 0}}, {image}},
        {Linear{.out = 0}, {{3}}},
        {Norm{.kind = NormKind::group, .groups = 2}, {image}},
        {Pool{.padding = {2, 2}}, {image}},
        {GlobalPool{}, {{3}}},
        {Add{}, {image, {3, 32, 31}}},
        {Add{}, {}},
        {Multiply{}, {image}},
        {Multiply{}, {{3, 1, 1}, image}},
        {Concat{.axis = 3}, {image}},
        {Concat{}, {image, {3, 32, 31}}},
        {Slice{.start = 2, .length = 2}, {image}},
        {Reshape{.shape = {5, 0}}, {image}},
        {Reshape{.shape = {0, 0}}, {image}},
        {Reshape{.shape = {3, 32}}, {image}},
        {Transpose{.order = {0, 1, 1}}, {image}},
        {Resize{}, {{3, 4}}},
        {Softmax{.axis = -1}, {image}},
        {Zero{.stride = 2}, {{3}}},
        {Dropout{.rate = 1.0}, {image}},
        {Embedding{}, {{3, 4}}},
        {Attention{.heads = 3}, {{12, 8}}},
        {Attention{}, {{12, 8}, {12, 4}}},
        {Attention{.window = 3}, {{12, 8}}},
        {Attention{.kind = AttentionKind::linear, .window = 3}, {{12, 8}}},
        {Attention{.kind = AttentionKind::local}, {{12, 8}}},
        {Attention{.kind = AttentionKind::local, .window = -1}, {{12, 8}}},
        {Attention{.kind = AttentionKind::local, .window = 3}, {{12, 8}, {5, 8}}},
        {Attention{.kind = AttentionKind::local, .window = 3}, {{-1, 8}, {-2, 8}}},
        {Attention{.causal = true, .kind = AttentionKind::linear}, {{12, 8}, {5, 8}}},
        {Recurrent{}, {{12}}},
        {MessagePassing{}, {{10, 3}, {3, 40}}},
        {Custom{.type = "roll", .attributes = {}}, {image}},
        {Linear{.out = std::int64_t{1} << 40}, {{3}}},
    };
    for (const auto& [op, inputs] : wrong) {
        CAPTURE(op_name(op), &op - &wrong[0].first);
        CHECK_THROWS_AS(shape_after(op, inputs), Error);
    }
}

TEST_CASE("attention that compares places says so of a context of another length",
          "[spaces][shapes]") {
    CHECK_THROWS_WITH(
        shape_after(Attention{.causal = true, .kind = AttentionKind::linear}, {{12, 8}, {5, 8}}),
        "causal linear attention compares places: expected a context as long as 12x8, got 5x8");
}

TEST_CASE("unknown dimensions are kept by ops that keep known ones", "[spaces][shapes]") {
    const Dim length = -1;
    CHECK(shape_after(Linear{.out = 7}, {{length, 9}}) == Shape{length, 7});
    CHECK(shape_after(conv3x3(8), {{3, length, 32}}) == Shape{8, length, 32});
    CHECK_THROWS_AS(shape_after(conv3x3(8, 2), {{3, length, 32}}), Error);
    CHECK(shape_after(Reshape{.shape = {0, 3}}, {{3, length}}) == Shape{length, 3});
    CHECK(shape_after(Reshape{.shape = {length, 2, 0}}, {{length, 6}}) == Shape{length, 2, 3});
    CHECK_THROWS_AS(shape_after(Reshape{.shape = {0, 6}}, {{length, 3}}), Error);
    CHECK(to_string({3, length}, std::vector<std::string>{"length"}) == "3xlength");
}

TEST_CASE("a fault of a network names the node", "[spaces][shapes]") {
    Sketch sketch({3, 8, 8});
    const ValueId small = sketch.add(Pool{}, {0});
    const Network network = sketch.ending_in({sketch.add(Add{}, {0, small})});
    CHECK_THROWS_WITH(infer_shapes(network),
                      Catch::Matchers::StartsWith("n1: expected inputs of equal shape"));

    Network backwards = Sketch(Shape{3}).ending_in({0});
    backwards.nodes = {{.name = "loop", .op = Identity{}, .inputs = {1}}};
    CHECK_THROWS_WITH(infer_shapes(backwards), "loop: there is no earlier value 1");
}

TEST_CASE("a custom op gets its shape from its definition", "[spaces][shapes]") {
    Sketch sketch(Shape{3});
    Network network = sketch.ending_in({sketch.add(tests::widened(2), {0})});
    CHECK(infer_shapes(network).back() == Shape{6});
    CHECK_THROWS_WITH(infer_shape(tests::widened(2), std::vector<Shape>{{3}, {3}}),
                      "widen@1 takes 1 to 1 inputs, got 2");
    std::get<Custom>(network.nodes[0].op).definition = nullptr;
    CHECK_THROWS_WITH(infer_shapes(network),
                      Catch::Matchers::Contains("the operator 'widen@1' is not known here"));
}

}  // namespace
}  // namespace parnas::spaces
