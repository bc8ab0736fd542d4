// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/onnx.h"

#include <algorithm>
#include <fstream>
#include <onnx/onnx_pb.h>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/rng.h"
#include "spaces/load.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/one_of_each_op.h"
#include "tests/support/temporary_folder.h"

namespace parnas::spaces::onnx {
namespace {

std::string random_model(const Network& network, const OnnxOptions& options = {}) {
    RandomWeights weights(1);
    return to_onnx(network, weights, options).bytes;
}

::onnx::ModelProto parse(const std::string& bytes) {
    ::onnx::ModelProto model;
    REQUIRE(model.ParseFromString(bytes));
    return model;
}

::onnx::GraphProto graph_of(const Network& network, const OnnxOptions& options = {}) {
    return parse(random_model(network, options)).graph();
}

// "Conv(image, stem.weight) -> stem", one line per operator.
std::string spell(const ::onnx::GraphProto& graph) {
    std::string text;
    for (const ::onnx::NodeProto& node : graph.node()) {
        text += node.op_type() + "(";
        for (int i = 0; i < node.input_size(); ++i)
            text += (i > 0 ? ", " : "") + node.input(i);
        text += ") -> " + node.output(0) + "\n";
    }
    return text;
}

std::set<std::string> types_of(const ::onnx::GraphProto& graph) {
    std::set<std::string> types;
    for (const ::onnx::NodeProto& node : graph.node())
        types.insert(node.op_type());
    return types;
}

// "batch", "3", ... of a value.
std::vector<std::string> dimensions(const ::onnx::ValueInfoProto& value) {
    std::vector<std::string> sizes;
    for (const auto& dimension : value.type().tensor_type().shape().dim())
        sizes.push_back(dimension.has_dim_param() ? dimension.dim_param()
                                                  : std::to_string(dimension.dim_value()));
    return sizes;
}

// That is taken if none is asked for.
int opset_of(const Network& network) {
    return static_cast<int>(parse(random_model(network)).opset_import(0).version());
}

Error refusal(const Network& network, const OnnxOptions& options = {}) {
    try {
        random_model(network, options);
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorKind::internal, "it was written");
}

TEST_CASE("the ONNX checker takes every op with every opset, whatever the batch", "[onnx]") {
    for (const auto& [name, network] : tests::one_of_each_op())
        for (int opset = opset_of(network); opset <= kMostOpset; ++opset) {
            INFO(name << " with opset " << opset);
            const ::onnx::GraphProto any = graph_of(network, {.opset = opset});
            CHECK(dimensions(any.output(0)).front() == "batch");
            CHECK(dimensions(any.input(0)).front() == "batch");
            const ::onnx::GraphProto fixed = graph_of(network, {.batch = 3, .opset = opset});
            CHECK(dimensions(fixed.output(0)).front() == "3");
            CHECK(fixed.output(0).type().tensor_type().elem_type() == ::onnx::TensorProto::FLOAT);
        }
}

TEST_CASE("the ONNX checker takes sampled networks of every built-in space", "[onnx]") {
    for (const char* name : {"cell201", "darts", "elastic", "macro", "mlp", "mobile"}) {
        const auto space = load_space(Json(name), ".");
        Rng rng(5);
        for (int i = 0; i < 2; ++i) {
            INFO(name << " " << i);
            const auto network = space->decode(sample_feasible(*space, rng)).network;
            const ::onnx::GraphProto graph = graph_of(*network, {.fold_batch_norm = i == 1});
            CHECK(graph.output_size() == static_cast<int>(network->outputs.size()));
        }
    }
}

TEST_CASE("a small convnet's operators are these", "[onnx][golden]") {
    const Network network = tests::small_convnet({.depth = 1});
    CHECK(spell(graph_of(network)) ==
          "Conv(image, stem.weight) -> stem\n"
          "Conv(stem, block0.conv.weight) -> block0.conv\n"
          "BatchNormalization(block0.conv, block0.norm.weight, block0.norm.bias, "
          "block0.norm.running_mean, block0.norm.running_var) -> block0.norm\n"
          "Relu(block0.norm) -> block0.act\n"
          "Add(stem, block0.act) -> block0.add\n"
          "GlobalAveragePool(block0.add) -> pool/GlobalAveragePool\n"
          "Flatten(pool/GlobalAveragePool) -> pool\n"
          "Gemm(pool, head.weight, head.bias) -> head\n");
    CHECK(spell(graph_of(network, {.fold_batch_norm = true})) ==
          "Conv(image, stem.weight) -> stem\n"
          "Conv(stem, block0.conv.weight, block0.conv.bias) -> block0.conv\n"
          "Relu(block0.conv) -> block0.act\n"
          "Add(stem, block0.act) -> block0.add\n"
          "GlobalAveragePool(block0.add) -> pool/GlobalAveragePool\n"
          "Flatten(pool/GlobalAveragePool) -> pool\n"
          "Gemm(pool, head.weight, head.bias) -> head\n");
}

TEST_CASE("a batch norm is folded only where nobody else reads the convolution", "[onnx]") {
    const auto with_output_of = [](bool conv_too) {
        tests::NetworkDraft draft;
        const ValueId image = draft.input("image", {3, 4, 4});
        const ValueId conv = draft.add("conv", Conv{.out = 2}, {image});
        const ValueId norm = draft.add("norm", Norm{}, {conv});
        return std::move(draft).finish(conv_too ? std::vector{conv, norm} : std::vector{norm});
    };
    const OnnxOptions fold{.fold_batch_norm = true};
    CHECK(types_of(graph_of(with_output_of(false), fold)) == std::set<std::string>{"Conv"});
    CHECK(types_of(graph_of(with_output_of(true), fold)).contains("BatchNormalization"));
}

TEST_CASE("opsets with an operator for what older ones spell out use it", "[onnx]") {
    const Network hswish = tests::network_of(Activation{ActivationKind::hswish}, {{4}});
    CHECK_FALSE(types_of(graph_of(hswish, {.opset = 13})).contains("HardSwish"));
    CHECK(types_of(graph_of(hswish, {.opset = 14})).contains("HardSwish"));
    const Network norm = tests::network_of(Norm{.kind = NormKind::layer}, {{4, 8}});
    CHECK_FALSE(types_of(graph_of(norm, {.opset = 16})).contains("LayerNormalization"));
    CHECK(types_of(graph_of(norm, {.opset = 17})).contains("LayerNormalization"));
}

TEST_CASE("the oldest opset that suits a network is taken", "[onnx]") {
    CHECK(opset_of(tests::small_convnet({})) == kLeastOpset);
    CHECK(opset_of(tests::network_of(Softmax{}, {{4}})) == kLeastAxisOpset);
    CHECK(opset_of(tests::network_of(Attention{.causal = true}, {{6, 8}})) == kLeastAxisOpset);
    Network open = tests::network_of(Attention{.causal = true}, {{-1, 8}});
    open.symbols = {"length"};
    CHECK(opset_of(open) == kLeastMaskOpset);
    open.nodes[0].op = Attention{.kind = AttentionKind::local, .window = 3};
    CHECK(opset_of(open) == kLeastMaskOpset);
    open.nodes[0].op = Attention{.kind = AttentionKind::linear};
    CHECK(opset_of(open) == kLeastAxisOpset);
    CHECK(opset_of(
              tests::network_of(MessagePassing{}, {{6, 2}, {2, 9}}, {DType::fp32, DType::int64})) ==
          kLeastGraphOpset);
}

TEST_CASE("symbols are the names of dynamic dimensions, and the batch has another", "[onnx]") {
    Network network = tests::network_of(Linear{.out = 3}, {{-1, 8}});
    network.symbols = {"length"};
    const ::onnx::GraphProto graph = graph_of(network);
    CHECK(dimensions(graph.input(0)) == std::vector<std::string>{"batch", "length", "8"});
    CHECK(dimensions(graph.output(0)) == std::vector<std::string>{"batch", "length", "3"});
    network.symbols = {"batch"};
    CHECK(dimensions(graph_of(network).input(0)) ==
          std::vector<std::string>{"batch_", "batch", "8"});
}

TEST_CASE("outputs have names of their own, also those that are an input or come twice", "[onnx]") {
    tests::NetworkDraft draft;
    const ValueId in = draft.input("in", {4});
    const ValueId same = draft.add("same", Identity{}, {in});
    const ValueId act = draft.add("act", Activation{}, {same});
    const ::onnx::GraphProto graph = graph_of(std::move(draft).finish({same, act, act}));
    REQUIRE(graph.output_size() == 3);
    CHECK(graph.output(0).name() == "same");
    CHECK(graph.output(1).name() == "act");
    CHECK(graph.output(2).name() == "act_2");
}

TEST_CASE("names of helpers give way to each other", "[onnx]") {
    tests::NetworkDraft draft;
    const ValueId in = draft.input("a/Sigmoid", {4});
    const ValueId a = draft.add("a", Activation{ActivationKind::swish}, {in});
    const ValueId b = draft.add("a.weight", Linear{.out = 2}, {a});
    const ::onnx::GraphProto graph = graph_of(std::move(draft).finish({b}));
    CHECK(spell(graph) ==
          "Sigmoid(a/Sigmoid) -> a/Sigmoid_2\n"
          "Mul(a/Sigmoid, a/Sigmoid_2) -> a\n"
          "Gemm(a, a.weight.weight, a.weight.bias) -> a.weight\n");
}

TEST_CASE("integers stay integers until an embedding reads them", "[onnx]") {
    tests::NetworkDraft draft;
    const ValueId words = draft.input("words", {6}, DType::int64);
    const ValueId some = draft.add("some", Slice{.length = 4}, {words});
    const ValueId vectors = draft.add("vectors", Embedding{.count = 9, .features = 2}, {some});
    const ::onnx::GraphProto graph = graph_of(std::move(draft).finish({some, vectors}));
    CHECK(graph.output(0).type().tensor_type().elem_type() == ::onnx::TensorProto::INT64);
    CHECK(graph.output(1).type().tensor_type().elem_type() == ::onnx::TensorProto::FLOAT);
}

TEST_CASE("a scaling becomes the first step, and a constant channel nothing", "[onnx]") {
    const Scaling scaling{.mean = {1.0F, 2.0F},
                          .deviation = {4.0F, std::numeric_limits<float>::infinity()}};
    const ::onnx::GraphProto graph = graph_of(tests::small_mlp(2, 3, 2), {.scaling = scaling});
    CHECK(graph.node(0).op_type() == "Sub");
    CHECK(graph.node(1).op_type() == "Mul");
    std::vector<float> factors(2);
    REQUIRE(graph.initializer(1).raw_data().size() == 8);
    std::memcpy(factors.data(), graph.initializer(1).raw_data().data(), 8);
    CHECK(factors == std::vector<float>{0.25F, 0.0F});
    CHECK(refusal(tests::small_mlp(3, 3, 2), {.scaling = scaling}).kind() ==
          ErrorKind::invalid_input);
}

TEST_CASE("what ONNX has no word for is refused with the node's name", "[onnx]") {
    const Error mix = refusal(tests::network_of(Mix{}, {{4}, {4}}));
    CHECK(mix.kind() == ErrorKind::invalid_input);
    CHECK(mix.faults().front().where == "node");
    CHECK(refusal(tests::network_of(Custom{.type = "mine"}, {{4}})).kind() ==
          ErrorKind::invalid_input);
    Network open = tests::network_of(Reshape{.shape = {-2, -1, 2}}, {{-1, -2, 2}});
    open.symbols = {"rows", "columns"};
    CHECK(refusal(open).faults().front().where == "node");
}

TEST_CASE("a bound is an attribute where old runtimes look for it", "[onnx]") {
    const Network relu6 = tests::network_of(Activation{ActivationKind::relu6}, {{4}});
    CHECK(spell(graph_of(relu6)) == "Clip(in0) -> node\n");
    CHECK(spell(graph_of(relu6, {.opset = 11})) ==
          "Clip(in0, node/number, node/number_2) -> node\n");
}

TEST_CASE("opsets that do not suit a network are refused", "[onnx]") {
    const Network mlp = tests::small_mlp(2, 3, 2);
    CHECK(refusal(mlp, {.opset = kLeastOpset - 1}).kind() == ErrorKind::invalid_input);
    CHECK(refusal(mlp, {.opset = kMostOpset + 1}).kind() == ErrorKind::invalid_input);
    const Network graph =
        tests::network_of(MessagePassing{}, {{6, 2}, {2, 9}}, {DType::fp32, DType::int64});
    CHECK(refusal(graph, {.opset = kLeastGraphOpset - 1}).kind() == ErrorKind::invalid_input);
}

TEST_CASE("a probe's file is the same for the same seed, and has the metadata", "[onnx]") {
    const tests::TemporaryFolder folder;
    const Network network = tests::small_convnet({});
    const auto written = [&](std::uint64_t seed) {
        write_onnx(network, seed, folder / "probe.onnx", {.metadata = {{"parnas", "{}"}}});
        std::ostringstream bytes;
        bytes << std::ifstream(folder / "probe.onnx", std::ios::binary).rdbuf();
        return bytes.str();
    };
    const std::string bytes = written(1);
    CHECK(written(1) == bytes);
    CHECK(written(2) != bytes);
    const ::onnx::ModelProto model = parse(bytes);
    CHECK(model.producer_name() == "parnas");
    REQUIRE(model.metadata_props_size() == 1);
    CHECK(model.metadata_props(0).key() == "parnas");
    CHECK_THROWS_AS(write_onnx(network, 1, folder / "no" / "probe.onnx"), Error);
}

}  // namespace
}  // namespace parnas::spaces::onnx
