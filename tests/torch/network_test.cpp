// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "core/error.h"
#include "evaluators/torch/network_module.h"
#include "spaces/count.h"
#include "spaces/shapes.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/one_of_each_op.h"

using namespace parnas;
using namespace parnas::evaluators;

TEST_CASE("every op gives the shape that is inferred and has the parameters that are counted",
          "[torch][network]") {
    for (const auto& [name, network] : tests::one_of_each_op()) {
        INFO(name);
        TorchNetwork model(network, 1);
        const auto inputs = random_inputs(network, {.batch = 3, .symbol_size = 4}, 2);
        const auto outputs =
            model.forward(inputs, {.training = true, .generator = make_generator(3)});
        const std::vector<spaces::Shape> shapes = spaces::infer_shapes(network);
        REQUIRE(outputs.size() == network.outputs.size());
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const spaces::Shape& shape = shapes[static_cast<std::size_t>(network.outputs[i])];
            std::vector<std::int64_t> expected{3};
            std::ranges::copy(shape, std::back_inserter(expected));
            CHECK(outputs[i].sizes().vec() == expected);
        }
        std::int64_t parameters = 0;
        for (const NamedTensor& each : model.weights().parameters())
            parameters += each.tensor.numel();
        CHECK(parameters == spaces::count(network).parameters);
    }
}

namespace {

double total(TorchNetwork& model, const std::vector<at::Tensor>& inputs, const Pass& pass) {
    // Squared, so that second derivatives do not vanish.
    return model.forward(inputs, pass)[0].square().sum().item<double>();
}

// The largest relative difference between a parameter's gradient and central differences.
double gradient_error(TorchNetwork& model,
                      const std::vector<at::Tensor>& inputs,
                      const Pass& pass) {
    const at::Tensor gradients = model.weights().make_flat_gradients();
    model.forward(inputs, pass)[0].square().sum().backward();
    const at::Tensor flat = model.weights().flat_parameters();
    const double scale = gradients.abs().max().item<double>();
    REQUIRE(scale > 0.0);
    constexpr double kStep = 1e-2;
    double largest = 0.0;
    const at::NoGradGuard no_grad;
    for (std::int64_t i = 0; i < flat.numel(); i += 3) {
        const at::Tensor value = flat.select(0, i);
        const double old = value.item<double>();
        value.fill_(old + kStep);
        const double above = total(model, inputs, pass);
        value.fill_(old - kStep);
        const double below = total(model, inputs, pass);
        value.fill_(old);
        const double difference = (above - below) / (2.0 * kStep);
        largest =
            std::max(largest, std::abs(difference - gradients.select(0, i).item<double>()) / scale);
    }
    return largest;
}

}  // namespace

TEST_CASE("gradients agree with finite differences", "[torch][network]") {
    const std::vector<spaces::Network> networks{
        tests::small_mlp(3, 4, 2),
        tests::network_of(spaces::Attention{.heads = 2}, {{3, 4}}),
        tests::network_of(
            spaces::Attention{
                .heads = 2, .causal = true, .kind = spaces::AttentionKind::local, .window = 2},
            {{3, 4}}),
        tests::network_of(
            spaces::Attention{.heads = 2, .causal = true, .kind = spaces::AttentionKind::linear},
            {{3, 4}}),
        tests::network_of(spaces::Recurrent{.hidden = 3, .bidirectional = true}, {{4, 2}}),
        tests::network_of(spaces::MessagePassing{.kind = spaces::MessageKind::gcn, .out = 3},
                          {{4, 2}, {2, 5}},
                          {spaces::DType::fp32, spaces::DType::int64}),
        tests::network_of(spaces::MessagePassing{.kind = spaces::MessageKind::gat, .out = 3},
                          {{4, 2}, {2, 5}},
                          {spaces::DType::fp32, spaces::DType::int64}),
    };
    for (const spaces::Network& network : networks) {
        INFO(spaces::op_name(network.nodes[0].op));
        TorchNetwork model(network, 5);
        CHECK(gradient_error(model, random_inputs(network, {.batch = 2}, 6), Pass{}) < 0.02);
    }
}

TEST_CASE("message passing with self loops and a mean is what the papers' formulas give",
          "[torch][network]") {
    // Nodes 0 and 1 point to node 2; features 1, 10, 100.
    const at::Tensor nodes = at::empty({1, 3, 1}, at::kFloat);
    const at::Tensor edges = at::zeros({1, 2, 2}, at::kLong);
    const float values[] = {1.0F, 10.0F, 100.0F};
    std::copy_n(values, 3, nodes.data_ptr<float>());
    edges[0][0][1].fill_(1);
    edges[0][1].fill_(2);
    const auto run = [&](spaces::MessageKind kind) {
        const spaces::Network network =
            tests::network_of(spaces::MessagePassing{.kind = kind, .out = 1},
                              {{3, 1}, {2, 2}},
                              {spaces::DType::fp32, spaces::DType::int64});
        TorchNetwork model(network, 1);
        const at::NoGradGuard no_grad;
        for (const NamedTensor& each : model.weights().parameters())
            if (each.name != "node.bias")
                each.tensor.fill_(
                    each.name == "node.from_weight" || each.name == "node.to_weight" ? 0.0 : 1.0);
        return model.forward({nodes, edges}, Pass{})[0].reshape({3});
    };
    const auto value = [](const at::Tensor& tensor, std::int64_t i) {
        return tensor[i].item<double>();
    };
    // Degrees with self loops: 1, 1, 3.
    CHECK(value(run(spaces::MessageKind::gcn), 2) ==
          Approx(1.0 / std::sqrt(3.0) + 10.0 / std::sqrt(3.0) + 100.0 / 3.0));
    CHECK(value(run(spaces::MessageKind::gcn), 0) == Approx(1.0));
    CHECK(value(run(spaces::MessageKind::sage), 2) == Approx(100.0 + 5.5));
    CHECK(value(run(spaces::MessageKind::sage), 1) == Approx(10.0));
    CHECK(value(run(spaces::MessageKind::gat), 2) == Approx(111.0 / 3.0));
    CHECK(value(run(spaces::MessageKind::gin), 2) == Approx(111.0));
    CHECK(value(run(spaces::MessageKind::graph), 2) == Approx(111.0));
    CHECK(value(run(spaces::MessageKind::graph), 0) == Approx(1.0));
    // Incoming degrees 0, 0, 2; one without edges counts as 1.
    CHECK(value(run(spaces::MessageKind::cheb), 2) == Approx(100.0 - 11.0 / std::sqrt(2.0)));
    CHECK(value(run(spaces::MessageKind::arma), 2) == Approx(100.0 + 11.0 / std::sqrt(2.0)));
    CHECK(value(run(spaces::MessageKind::arma), 0) == Approx(1.0));
}

TEST_CASE("on an undirected graph message passing is what matrices give", "[torch][network]") {
    // A path of four nodes and a node alone; A is symmetric.
    const at::Tensor edges =
        at::tensor(std::vector<std::int64_t>{0, 1, 1, 2, 2, 3, 1, 0, 2, 1, 3, 2}, at::kLong)
            .view({1, 2, 6});
    at::Tensor adjacency = at::zeros({5, 5});
    for (std::int64_t i = 0; i < 6; ++i)
        adjacency[edges[0][1][i].item<std::int64_t>()][edges[0][0][i].item<std::int64_t>()].add_(
            1.0);
    const at::Tensor degree = adjacency.sum(1).clamp_min(1.0);
    const at::Tensor normalised =
        adjacency / degree.sqrt().unsqueeze(1) / degree.sqrt().unsqueeze(0);
    const at::Tensor x = at::randn({5, 3}, make_generator(1));
    for (const spaces::MessageKind kind :
         {spaces::MessageKind::cheb, spaces::MessageKind::arma, spaces::MessageKind::graph}) {
        INFO(static_cast<int>(kind));
        TorchNetwork model(tests::network_of(spaces::MessagePassing{.kind = kind, .out = 2},
                                             {{5, 3}, {2, 6}},
                                             {spaces::DType::fp32, spaces::DType::int64}),
                           3);
        const at::NoGradGuard no_grad;
        std::map<std::string, at::Tensor> weights;
        for (const NamedTensor& each : model.weights().parameters())
            weights[each.name] = each.tensor.normal_(0.0, 1.0, make_generator(7));
        const at::Tensor own = at::matmul(x, weights.at("node.weight").t());
        const at::Tensor other = weights.at("node.neighbour_weight").t();
        const at::Tensor& bias = weights.at("node.bias");
        const at::Tensor expected =
            kind == spaces::MessageKind::cheb
                ? own - at::matmul(at::matmul(normalised, x), other) + bias
            : kind == spaces::MessageKind::arma
                ? at::relu(own + at::matmul(normalised, at::matmul(x, other)) + bias)
                : own + at::matmul(at::matmul(adjacency, x), other) + bias;
        const at::Tensor found = model.forward({x.unsqueeze(0), edges}, Pass{})[0][0];
        CHECK((found - expected).abs().max().item<double>() < 1e-5);
    }
}

TEST_CASE("a batch of graphs gives what each graph alone gives", "[torch][network]") {
    const spaces::Network network =
        tests::network_of(spaces::MessagePassing{.kind = spaces::MessageKind::gat, .out = 3},
                          {{4, 2}, {2, 5}},
                          {spaces::DType::fp32, spaces::DType::int64});
    TorchNetwork model(network, 5);
    const at::NoGradGuard no_grad;
    const auto inputs = random_inputs(network, {.batch = 2}, 6);
    const at::Tensor both = model.forward(inputs, Pass{})[0];
    for (std::int64_t i = 0; i < 2; ++i) {
        const at::Tensor alone =
            model.forward({inputs[0].narrow(0, i, 1), inputs[1].narrow(0, i, 1)}, Pass{})[0];
        CHECK((both.narrow(0, i, 1) - alone).abs().max().item<double>() < 1e-5);
    }
}

TEST_CASE("the same seed gives the same weights, another seed others", "[torch][network]") {
    const spaces::Network network = tests::small_convnet({});
    const TorchNetwork first(network, 1);
    const TorchNetwork second(network, 1);
    const TorchNetwork other(network, 2);
    CHECK(at::equal(first.weights().flat_parameters(), second.weights().flat_parameters()));
    CHECK(!at::equal(first.weights().flat_parameters(), other.weights().flat_parameters()));
}

TEST_CASE("dropout drops in training only and keeps the mean", "[torch][network]") {
    const spaces::Network network = tests::network_of(spaces::Dropout{.rate = 0.25}, {{10'000}});
    TorchNetwork model(network, 1);
    const at::Tensor ones = at::ones({1, 10'000});
    CHECK(at::equal(model.forward({ones}, Pass{})[0], ones));
    const at::Tensor dropped =
        model.forward({ones}, {.training = true, .generator = make_generator(4)})[0];
    CHECK(dropped.eq(0.0).sum().item<double>() / 10'000 == Approx(0.25).margin(0.02));
    CHECK(dropped.mean().item<double>() == Approx(1.0).margin(0.03));
}

TEST_CASE("a custom op cannot be built", "[torch][network]") {
    const spaces::Network network = tests::network_of(spaces::Custom{.type = "mine"}, {{4}});
    CHECK_THROWS_AS(TorchNetwork(network, 1), Error);
}
