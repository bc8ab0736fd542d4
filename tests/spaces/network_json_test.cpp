// SPDX-License-Identifier: Apache-2.0
#include "spaces/network_json.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/spaces/network_examples.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

// Every op, with no attribute at its default.
Network every_op() {
    Sketch sketch({Input{"image", DType::fp32, {4, 8, 8}},
                   Input{"tokens", DType::int64, {-1}},
                   Input{"edges", DType::int64, {2, -2}}});
    const ValueId conv = sketch.add(Conv{.out = 8,
                                         .kernel = {3, 5},
                                         .stride = {1, 2},
                                         .padding = {1, 2},
                                         .dilation = {1, 1},
                                         .groups = 2,
                                         .bias = true},
                                    {0});
    const ValueId norm =
        sketch.add(Norm{.kind = NormKind::group, .groups = 2, .affine = false}, {conv});
    const ValueId act = sketch.add(Activation{.kind = ActivationKind::hswish}, {norm});
    const ValueId pool = sketch.add(Pool{.kind = PoolKind::max,
                                         .kernel = {3, 3},
                                         .stride = {1, 1},
                                         .padding = {1, 1},
                                         .count_padding = true},
                                    {act});
    const ValueId gate = sketch.add(GlobalPool{.kind = PoolKind::max, .keep_dims = true}, {pool});
    const ValueId product = sketch.add(Multiply{}, {pool, gate});
    const ValueId sum = sketch.add(Add{}, {product, pool, pool});
    const ValueId concat = sketch.add(Concat{.axis = 1}, {sum, act});
    const ValueId slice = sketch.add(Slice{.axis = 1, .start = 2, .length = 6}, {concat});
    const ValueId resize =
        sketch.add(Resize{.size = {4, 6}, .mode = ResizeMode::bilinear}, {slice});
    const ValueId pad = sketch.add(Pad{.before = {1, 0}, .after = {0, 2}}, {resize});
    const ValueId zero = sketch.add(Zero{.stride = 2}, {pad});
    const ValueId identity = sketch.add(Identity{}, {zero});
    const ValueId dropout = sketch.add(Dropout{.rate = 0.1}, {identity});
    const ValueId reshape = sketch.add(Reshape{.shape = {8, 0}}, {dropout});
    const ValueId transpose = sketch.add(Transpose{.order = {1, 0}}, {reshape});
    const ValueId softmax = sketch.add(Softmax{.axis = 1}, {transpose});
    const ValueId linear = sketch.add(Linear{.out = 8, .bias = false}, {softmax});
    const ValueId embedding = sketch.add(Embedding{.count = 50, .features = 8}, {1});
    const ValueId split = sketch.add(Reshape{.shape = {-1, 2, 4}}, {embedding});
    const ValueId attention =
        sketch.add(Attention{.heads = 2, .causal = true}, {embedding, linear});
    const ValueId local =
        sketch.add(Attention{.heads = 4, .causal = true, .kind = AttentionKind::local, .window = 3},
                   {attention});
    const ValueId recurrent = sketch.add(
        Recurrent{.kind = RecurrentKind::gru, .hidden = 3, .bidirectional = true}, {local});
    const ValueId message =
        sketch.add(MessagePassing{.kind = MessageKind::gat, .out = 5}, {recurrent, 2});
    const ValueId custom =
        sketch.add(Custom{.type = "roll", .attributes = R"({"by":[1,2],"wrap":true})"}, {message});
    const ValueId after = sketch.add(Linear{.out = 3}, {custom});
    Network network = sketch.ending_in({split, after});
    network.symbols = {"length", "edges"};
    network.nodes[0].precision = DType::int8;
    network.nodes[0].sparsity = 0.3F;
    return network;
}

TEST_CASE("every op survives the way to JSON and back", "[spaces][network_json]") {
    const Network network = every_op();
    const Json json = to_json(network);
    CHECK(network_from_json(json) == network);
    CHECK(network_from_json(parse_json(dump_json(json), "network")) == network);

    Network plain = network;
    plain.nodes.resize(1);
    plain.nodes[0].op = Conv{};
    plain.outputs = {plain.id_of(0)};
    CHECK(network_from_json(to_json(plain)) == plain);
}

TEST_CASE("attributes at their default are left out", "[spaces][network_json]") {
    Sketch sketch({3, 8, 8});
    const ValueId conv = sketch.add(conv3x3(16), {0});
    const Network network = sketch.ending_in({sketch.add(Norm{}, {conv})});
    CHECK(dump_json(to_json(network)) ==
          R"({"inputs":[{"name":"x","shape":[3,8,8]}],)"
          R"("nodes":[{"name":"n0","op":"conv","inputs":["x"],"out":16,"kernel":3,"padding":1},)"
          R"({"name":"n1","op":"norm","inputs":["n0"]}],"outputs":["n1"]})");
}

TEST_CASE("an attention without a kind is a full one", "[spaces][network_json]") {
    const auto attention = [](const std::string& attributes) {
        return std::get<Attention>(
            network_from_json(
                parse_json(R"({"inputs":[{"name":"x","shape":[6,8]}],"nodes":[{"name":"a",)"
                           R"("op":"attention","inputs":["x"])" +
                               attributes + R"(}],"outputs":["a"]})",
                           "network"))
                .nodes[0]
                .op);
    };
    CHECK(attention(R"(,"heads":2)") == Attention{.heads = 2});
    CHECK(attention(R"(,"kind":"local","window":3)") ==
          Attention{.kind = AttentionKind::local, .window = 3});
    CHECK_THROWS_WITH(attention(R"(,"kind":"sparse")"),
                      Catch::Contains("/nodes/0/kind") && Catch::Contains("full, local, linear"));
    CHECK_THROWS_WITH(attention(R"(,"kind":"local")"),
                      Catch::Contains("needs a window of 1 or more"));
    CHECK_THROWS_WITH(attention(R"(,"kind":"linear","window":3)"),
                      Catch::Contains("linear attention has no window, got one of 3"));
}

std::vector<std::string> places(const std::string& text) {
    try {
        network_from_json(parse_json(text, "network"));
    } catch (const Error& error) {
        std::vector<std::string> found;
        for (const Fault& fault : error.faults())
            found.push_back(fault.where);
        return found;
    }
    return {};
}

TEST_CASE("a network document shows all its faults with their places", "[spaces][network_json]") {
    const std::string text = R"({
        "inputs": [{"name": "x", "shape": [3, 8, "length"]}, {"name": "x", "shape": [0], "dtype": "fp8"}],
        "nodes": [
            {"name": "a", "op": "conv", "inputs": ["x"], "kernal": 3},
            {"name": "b", "op": "convolution", "inputs": ["x"]},
            {"name": "c", "op": "pool", "inputs": ["x"], "kernel": [3], "stride": 0, "kind": "mean"},
            {"name": "d", "op": "add", "inputs": ["e", "nowhere", 7]},
            {"name": "e", "op": "linear", "inputs": [], "out": 2.5, "bias": 1, "sparsity": 1.0},
            {"name": "a", "op": "identity", "inputs": ["x"], "precision": 8}
        ],
        "outputs": [],
        "extra": 1
    })";
    const std::vector<std::string> found = places(text);
    const std::vector<std::string> expected = {
        "/inputs/0/shape/2", "/inputs/1/shape/0",  "/inputs/1/dtype",   "/inputs/1/name",
        "/nodes/0/kernal",   "/nodes/1/op",        "/nodes/2/kernel",   "/nodes/2/stride",
        "/nodes/2/kind",     "/nodes/3/inputs/0",  "/nodes/3/inputs/1", "/nodes/3/inputs/2",
        "/nodes/4/inputs",   "/nodes/4/out",       "/nodes/4/bias",     "/nodes/4/sparsity",
        "/nodes/5/name",     "/nodes/5/precision", "/outputs",          "/extra"};
    CHECK_THAT(found, Catch::Matchers::UnorderedEquals(expected));
}

TEST_CASE("a shape that does not fit is a fault of its node", "[spaces][network_json]") {
    CHECK(places(R"({"inputs": [{"name": "x", "shape": [3, 8, 8]}],
                     "nodes": [{"name": "a", "op": "pool", "inputs": ["x"]},
                               {"name": "b", "op": "add", "inputs": ["x", "a"]},
                               {"name": "c", "op": "embedding", "inputs": ["a"]}],
                     "outputs": ["c"]})") == std::vector<std::string>{"/nodes/1", "/nodes/2"});
    CHECK(places("[]") == std::vector<std::string>{""});
    CHECK(places(R"({"inputs": {}, "nodes": [], "outputs": "x"})") ==
          std::vector<std::string>{"/inputs", "/outputs"});
}

TEST_CASE("a drawing has a box for each op and escapes names", "[spaces][network_json]") {
    Sketch sketch({3, 8, 8});
    const ValueId conv = sketch.add(conv3x3(16), {0});
    Network network = sketch.ending_in({conv});
    network.nodes[0].name = R"(a "b"\c)";
    const std::string dot = to_dot(network);
    CHECK_THAT(dot, Catch::Matchers::StartsWith("digraph network {"));
    CHECK_THAT(dot,
               Catch::Matchers::Contains(
                   R"(v1 [label="a \"b\"\\c\nconv out=16 kernel=3x3 padding=1x1\n16x8x8"];)"));
    CHECK_THAT(dot, Catch::Matchers::Contains("v0 -> v1;") && Catch::Matchers::EndsWith("}\n"));
    CHECK_THAT(to_dot(every_op()), Catch::Matchers::Contains(R"({\"by\":[1,2],\"wrap\":true})"));
}

}  // namespace
}  // namespace parnas::spaces
