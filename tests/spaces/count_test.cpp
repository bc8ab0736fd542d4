// SPDX-License-Identifier: Apache-2.0
#include "spaces/count.h"

#include "tests/spaces/network_examples.h"
#include "tests/support/catch.h"
#include "tests/support/custom_ops.h"

namespace parnas::spaces {
namespace {

Count count_op(const Op& op, const std::vector<Input>& inputs) {
    Sketch sketch(inputs);
    std::vector<ValueId> ids;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        ids.push_back(static_cast<ValueId>(i));
    return count_nodes(sketch.ending_in({sketch.add(op, ids)}))[0];
}

Count count_op(const Op& op, const Shape& shape) {
    return count_op(op, {Input{"x", {}, shape}});
}

TEST_CASE("convolutions and linear layers count as published", "[spaces][count]") {
    const Count conv = count_op(conv3x3(16), Shape{3, 32, 32});
    CHECK(conv.parameters == 432);
    CHECK(conv.multiply_adds == 442'368);
    CHECK(conv.weight_bytes == 1728);
    CHECK(conv.bytes_read == 1728 + 4 * 3 * 1024);
    CHECK(conv.bytes_written == 4 * 16 * 1024);

    Conv grouped = conv3x3(32);
    grouped.groups = 16;
    grouped.bias = true;
    CHECK(count_op(grouped, Shape{16, 8, 8}).parameters == 32 * 9 + 32);
    CHECK(count_op(grouped, Shape{16, 8, 8}).multiply_adds == 64 * (32 * 9 + 32));

    CHECK(count_op(Linear{.out = 10}, Shape{64}).parameters == 650);
    CHECK(count_op(Linear{.out = 10}, Shape{7, 64}).multiply_adds == 7 * 650);
}

TEST_CASE("sequence ops count as PyTorch's modules", "[spaces][count]") {
    const Count lstm = count_op(Recurrent{.hidden = 20}, Shape{5, 10});
    CHECK(lstm.parameters == 4 * 20 * (10 + 20) + 8 * 20);  // torch.nn.LSTM(10, 20): 2560
    CHECK(lstm.multiply_adds == 5 * lstm.parameters);
    const Recurrent gru{.kind = RecurrentKind::gru, .hidden = 20, .bidirectional = true};
    CHECK(count_op(gru, Shape{5, 10}).parameters == 2 * (3 * 20 * 30 + 6 * 20));

    const Count own = count_op(Attention{.heads = 4}, Shape{12, 8});
    CHECK(own.parameters == 4 * 64 + 4 * 8);
    CHECK(own.multiply_adds == 12 * own.parameters + 2 * 12 * 12 * 8);
    const Count cross =
        count_op(Attention{}, {Input{"query", {}, {12, 8}}, Input{"context", {}, {5, 8}}});
    CHECK(cross.multiply_adds == 2 * (12 + 5) * 72 + 2 * 12 * 5 * 8);

    const Count embedding =
        count_op(Embedding{.count = 100, .features = 8}, {Input{"tokens", DType::int64, {12}}});
    CHECK(embedding.parameters == 800);
    CHECK(embedding.multiply_adds == 0);
    CHECK(embedding.bytes_read == 12 * 8 + 12 * 8 * 4);
}

TEST_CASE("local attention counts its window, linear attention sums of products of heads",
          "[spaces][count]") {
    const std::int64_t projections = 12 * (4 * 64 + 4 * 8);
    const auto mixing = [&](const Attention& op) {
        const Count count = count_op(op, Shape{12, 8});
        CHECK(count.parameters == 4 * 64 + 4 * 8);
        return count.multiply_adds - projections;
    };
    CHECK(mixing({.causal = true, .kind = AttentionKind::local, .window = 3}) == 2 * 12 * 3 * 8);
    CHECK(mixing({.kind = AttentionKind::local, .window = 50}) == mixing({}));
    for (const bool causal : {false, true})
        CHECK(mixing({.heads = 2, .causal = causal, .kind = AttentionKind::linear}) ==
              2 * 12 * 8 * 4 + 12 * 8);
    const Count cross = count_op(Attention{.heads = 4, .kind = AttentionKind::linear},
                                 {Input{"query", {}, {12, 8}}, Input{"context", {}, {5, 8}}});
    CHECK(cross.multiply_adds == 2 * (12 + 5) * 72 + (12 + 5) * 8 * 2 + 12 * 8);
}

TEST_CASE("normalisations learn a scale and, but for rms, a shift", "[spaces][count]") {
    const Shape image{6, 4, 5};
    CHECK(count_op(Norm{}, image).parameters == 12);
    CHECK(count_op(Norm{.affine = false}, image).parameters == 0);
    CHECK(count_op(Norm{.kind = NormKind::layer}, image).parameters == 10);
    CHECK(count_op(Norm{.kind = NormKind::rms}, image).parameters == 5);
    CHECK(count_op(Norm{}, image).multiply_adds == 0);
}

TEST_CASE("a product counts one multiplication for each value", "[spaces][count]") {
    const Count scale =
        count_op(Multiply{}, {Input{"map", {}, {6, 4, 5}}, Input{"gate", {}, {6, 1, 1}}});
    CHECK(scale.multiply_adds == 120);
    CHECK(scale.parameters == 0);
}

TEST_CASE("message passing counts a layer of each kind", "[spaces][count]") {
    const std::vector<Input> graph = {Input{"nodes", {}, {10, 3}},
                                      Input{"edges", DType::int64, {2, 40}}};
    const auto of = [&](MessageKind kind) {
        return count_op(MessagePassing{.kind = kind, .out = 4}, graph);
    };
    CHECK(of(MessageKind::gcn).parameters == 3 * 4 + 4);
    CHECK(of(MessageKind::gcn).multiply_adds == 10 * 4 * 3 + 10 * 4 + (40 + 10) * 4);
    CHECK(of(MessageKind::sage).parameters == 2 * 3 * 4 + 4);
    CHECK(of(MessageKind::sage).multiply_adds == 2 * 10 * 4 * 3 + 10 * 4 + 40 * 3);
    CHECK(of(MessageKind::gat).parameters == 3 * 4 + 2 * 4 + 4);
    CHECK(of(MessageKind::gat).multiply_adds == 10 * 4 * 3 + 10 * 4 + 2 * 10 * 4 + (40 + 10) * 4);
    CHECK(of(MessageKind::gin).parameters == 3 * 4 + 4);
    CHECK(of(MessageKind::gin).multiply_adds == 10 * 4 * 3 + 10 * 4 + (40 + 10) * 3);
    for (const MessageKind kind : {MessageKind::cheb, MessageKind::arma, MessageKind::graph})
        CHECK(of(kind).parameters == 2 * 3 * 4 + 4);
    CHECK(of(MessageKind::cheb).multiply_adds == of(MessageKind::sage).multiply_adds);
    CHECK(of(MessageKind::graph).multiply_adds == of(MessageKind::sage).multiply_adds);
    CHECK(of(MessageKind::arma).multiply_adds == 2 * 10 * 4 * 3 + 10 * 4 + 40 * 4);
}

TEST_CASE("bytes follow the precision of each node", "[spaces][count]") {
    Sketch sketch({3, 8, 8});
    Network network = sketch.ending_in({sketch.add(conv3x3(4), {0})});
    network.nodes[0].precision = DType::int8;
    const Count count_int8 = count(network);
    CHECK(count_int8.weight_bytes == 108);
    CHECK(count_int8.bytes_read == 108 + 4 * 192);
    CHECK(count_int8.bytes_written == 256);
}

TEST_CASE("peak memory frees a value after its last reader", "[spaces][count]") {
    Sketch sketch({1, 10, 10});  // 400 bytes
    const ValueId a = sketch.add(Activation{}, {0});
    const ValueId alias = sketch.add(Identity{}, {a});
    const ValueId b = sketch.add(Activation{}, {a});
    const ValueId sum = sketch.add(Add{}, {alias, b});
    const ValueId end = sketch.add(GlobalPool{}, {sum});
    // x, a | a, b | a, b, sum | sum, end: the alias holds a, and x is gone after a.
    CHECK(count(sketch.ending_in({end})).peak_activation_bytes == 1200);
    // x stays, being an output.
    CHECK(count(sketch.ending_in({end, 0})).peak_activation_bytes == 1600);
}

TEST_CASE("a value that is read twice by one op is read once", "[spaces][count]") {
    Sketch sketch(Shape{10});
    CHECK(count(sketch.ending_in({sketch.add(Add{}, {0, 0})})).bytes_read == 40);
}

TEST_CASE("symbols count with the sizes given, else as 1", "[spaces][count]") {
    Sketch sketch(Shape{-1, 8});
    const ValueId flat = sketch.add(Reshape{.shape = {-1, 4, 2}}, {0});
    Network network = sketch.ending_in({sketch.add(Linear{.out = 3, .bias = false}, {flat})});
    network.symbols = {"length"};
    CHECK(count(network).multiply_adds == 4 * 2 * 3);
    CHECK(count(network, {{"length", 10}}).multiply_adds == 10 * 4 * 2 * 3);
    CHECK(count_nodes(network, {{"length", 10}})[1].bytes_written == 10 * 4 * 3 * 4);
}

TEST_CASE("a custom op counts what its definition says", "[spaces][count]") {
    Sketch sketch(Shape{30});
    const Network network = sketch.ending_in({sketch.add(tests::widened(3), {0})});
    const Count found = count(network);
    CHECK(found.parameters == 30);
    CHECK(found.multiply_adds == 90);
    CHECK(found.bytes_read == 4 * (30 + 30));
    CHECK(found.bytes_written == 4 * 90);
    CHECK(found.peak_activation_bytes == 4 * (30 + 90));
}

TEST_CASE("a custom op may read and write more than its inputs and output", "[spaces][count]") {
    const CustomOp sort{.layer = {.name = "sort@1"},
                        .shape = [](const Custom&, std::span<const Shape> in) { return in[0]; },
                        .work =
                            [](const Custom&, std::span<const Shape>) {
                                return CustomWork{
                                    .parameters = 2, .values_read = 100, .values_written = 50};
                            }};
    Sketch sketch(Shape{30});
    Network network = sketch.ending_in(
        {sketch.add(make_custom(std::make_shared<const CustomOp>(sort), {}), {0})});
    CHECK(count(network).bytes_read == 4 * 102);
    CHECK(count(network).bytes_written == 200);
    network.nodes[0].precision = DType::int8;
    CHECK(count(network).bytes_read == 102);
}

}  // namespace
}  // namespace parnas::spaces
