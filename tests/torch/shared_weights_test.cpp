// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/shared_weights.h"

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "evaluators/torch/supernet/weights/checkpoint.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

// {3, 8, 8} -> 1x1 conv -> batch norm -> depthwise conv -> 1x1 conv -> classes
struct Size {
    std::int64_t width = 8;
    std::int64_t kernel = 7;
};
spaces::Network elastic(const Size& size) {
    using namespace spaces;
    tests::NetworkDraft draft;
    ValueId value = draft.input("image", {3, 8, 8});
    value = draft.add("expand", Conv{.out = size.width}, {value});
    value = draft.add("norm", Norm{}, {value});
    value = draft.add("depthwise",
                      Conv{.out = size.width,
                           .kernel = {size.kernel, size.kernel},
                           .padding = {size.kernel / 2, size.kernel / 2},
                           .groups = size.width},
                      {value});
    value = draft.add("act", Activation{}, {value});
    value = draft.add("project", Conv{.out = 4, .bias = true}, {value});
    value = draft.add("pool", GlobalPool{}, {value});
    value = draft.add("head", Linear{.out = 2}, {value});
    return std::move(draft).finish({value});
}

const std::vector<spaces::Network> kElastic{
    elastic({.width = 8, .kernel = 7}),
    elastic({.width = 2, .kernel = 5}),
    elastic({.width = 2, .kernel = 3}),
};

at::Tensor tensor_of(const SharedWeights& shared, std::string_view name) {
    const std::vector<NamedTensor> tensors = shared.tensors();
    const at::Tensor* found = find_tensor(tensors, name);
    REQUIRE(found != nullptr);
    return *found;
}

void randomise(const SharedWeights& shared, std::uint64_t seed) {
    const at::NoGradGuard no_grad;
    const at::Generator generator = make_generator(seed);
    for (const NamedTensor& each : shared.tensors())
        each.tensor.uniform_(0.1, 1.0, generator);
}

// In units of the largest value, if that is above 1.
double relative_difference(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>() / std::max(b.abs().max().item<double>(), 1.0);
}

bool is_zero(const at::Tensor& tensor) {
    return tensor.eq(0.0).all().item<bool>();
}

}  // namespace

TEST_CASE("a network sees the first channels and the transformed centre of shared weights",
          "[torch][supernet]") {
    SharedWeights shared(kElastic, 1);
    randomise(shared, 2);
    const at::NoGradGuard no_grad;
    const at::Tensor x = random_inputs(kElastic[0], {.batch = 3}, 3)[0];
    const auto weight = [&](const char* name) { return tensor_of(shared, name); };

    at::Tensor kernel = weight("depthwise.weight").narrow(0, 0, 4);
    kernel = at::matmul(kernel.narrow(2, 1, 5).narrow(3, 1, 5).reshape({4, 25}),
                        weight("depthwise.weight_5x5"))
                 .view({4, 1, 5, 5});
    kernel = at::matmul(kernel.narrow(2, 1, 3).narrow(3, 1, 3).reshape({4, 9}),
                        weight("depthwise.weight_3x3"))
                 .view({4, 1, 3, 3});
    at::Tensor y = at::conv2d(x, weight("expand.weight").narrow(0, 0, 4));
    y = at::batch_norm(y,
                       weight("norm.weight").narrow(0, 0, 4),
                       weight("norm.bias").narrow(0, 0, 4),
                       weight("norm.running_mean").narrow(0, 0, 4),
                       weight("norm.running_var").narrow(0, 0, 4),
                       false,
                       0.0,
                       1e-5,
                       false);
    y = at::relu(at::conv2d(y, kernel, {}, 1, 1, 1, 4));
    y = at::conv2d(y, weight("project.weight").narrow(1, 0, 4), weight("project.bias"));
    y = at::linear(at::mean(y, {2, 3}), weight("head.weight"), weight("head.bias"));

    const spaces::Network network = elastic({.width = 4, .kernel = 3});
    CHECK(relative_difference(shared.view(network).forward({x}, Pass{})[0], y) < 1e-5);
    CHECK(relative_difference(shared.extract(network).forward({x}, Pass{})[0], y) < 1e-5);
}

TEST_CASE("before training a smaller kernel is the centre of the larger one", "[torch][supernet]") {
    SharedWeights shared(kElastic, 1);
    const TorchNetwork small = shared.extract(elastic({.width = 8, .kernel = 3}));
    const at::Tensor* kernel = find_tensor(small.weights().parameters(), "depthwise.weight");
    REQUIRE(kernel != nullptr);
    CHECK(
        at::equal(*kernel, tensor_of(shared, "depthwise.weight").narrow(2, 2, 3).narrow(3, 2, 3)));
}

TEST_CASE("gradients of a network reach its part of shared weights only", "[torch][supernet]") {
    SharedWeights shared(kElastic, 1);
    randomise(shared, 2);
    TorchNetwork small = shared.view(elastic({.width = 4, .kernel = 5}));
    const at::Tensor x = random_inputs(kElastic[0], {.batch = 3}, 3)[0];
    small.forward({x}, {.training = true})[0].square().sum().backward();

    const auto gradient = [&](const char* name) { return tensor_of(shared, name).grad(); };
    CHECK(!is_zero(gradient("project.weight").narrow(1, 0, 4)));
    CHECK(is_zero(gradient("project.weight").narrow(1, 4, 4)));
    const at::Tensor kernel = gradient("depthwise.weight");
    CHECK(!is_zero(kernel.narrow(0, 0, 4).narrow(2, 1, 5).narrow(3, 1, 5)));
    CHECK(is_zero(kernel.narrow(0, 4, 4)));
    CHECK(is_zero(kernel.select(2, 0)));
    CHECK(is_zero(kernel.select(3, 6)));
    CHECK(!is_zero(gradient("depthwise.weight_5x5")));
    CHECK(is_zero(gradient("depthwise.weight_3x3")));
    CHECK(!is_zero(shared.gradients()));

    // A second backward adds, and a step on the flat tensor is seen by the network.
    const at::Tensor once = shared.gradients().clone();
    small.forward({x}, {.training = true})[0].square().sum().backward();
    CHECK(relative_difference(shared.gradients(), 2.0 * once) < 1e-5);
    const at::NoGradGuard no_grad;
    const at::Tensor before = small.forward({x}, Pass{})[0];
    shared.weights().flat_parameters().mul_(0.5);
    CHECK(relative_difference(small.forward({x}, Pass{})[0], before) > 1e-3);
}

TEST_CASE("a view's gradients are those of the network with copies", "[torch][supernet]") {
    SharedWeights shared(kElastic, 1);
    randomise(shared, 2);
    const spaces::Network network = elastic({.width = 4, .kernel = 7});
    TorchNetwork copy = shared.extract(network);
    copy.weights().make_flat_gradients();
    const at::Tensor x = random_inputs(network, {.batch = 3}, 3)[0];
    shared.view(network).forward({x}, {.training = true})[0].square().sum().backward();
    copy.forward({x}, {.training = true})[0].square().sum().backward();
    for (const NamedTensor& each : copy.weights().parameters()) {
        INFO(each.name);
        at::Tensor part = tensor_of(shared, each.name).grad();
        for (std::int64_t axis = 0; axis < part.dim(); ++axis)
            part = part.narrow(axis, 0, each.tensor.size(axis));
        CHECK(relative_difference(part, each.tensor.grad()) < 1e-4);
    }
}

TEST_CASE("statistics of batch norm are shared or a network's own", "[torch][supernet]") {
    SharedWeights shared(kElastic, 1);
    const spaces::Network network = elastic({.width = 4, .kernel = 3});
    const at::Tensor x = random_inputs(network, {.batch = 3}, 3)[0];
    const at::NoGradGuard no_grad;
    shared.view(network, Statistics::own).forward({x}, {.training = true});
    CHECK(is_zero(tensor_of(shared, "norm.running_mean")));
    shared.view(network).forward({x}, {.training = true});
    CHECK(!is_zero(tensor_of(shared, "norm.running_mean").narrow(0, 0, 4)));
    CHECK(is_zero(tensor_of(shared, "norm.running_mean").narrow(0, 4, 4)));
}

TEST_CASE("a recurrent network has the first entries of every gate", "[torch][supernet]") {
    for (const spaces::RecurrentKind kind :
         {spaces::RecurrentKind::lstm, spaces::RecurrentKind::gru}) {
        const auto recurrent = [&](std::int64_t hidden) {
            return tests::network_of(spaces::Recurrent{.kind = kind, .hidden = hidden}, {{5, 3}});
        };
        SharedWeights shared(std::vector{recurrent(6)}, 1);
        const at::Tensor large = tensor_of(shared, "node.hidden_weight");
        const TorchNetwork small = shared.extract(recurrent(2));
        const at::Tensor* weight = find_tensor(small.weights().parameters(), "node.hidden_weight");
        REQUIRE(weight != nullptr);
        for (std::int64_t gate = 0; 2 * gate < weight->size(0); ++gate)
            CHECK(at::equal(weight->narrow(0, 2 * gate, 2),
                            large.narrow(0, 6 * gate, 2).narrow(1, 0, 2)));
        const at::Tensor x = random_inputs(recurrent(2), {.batch = 2}, 3)[0];
        shared.view(recurrent(2)).forward({x}, Pass{})[0].sum().backward();
        CHECK(!is_zero(large.grad().narrow(0, 6, 2).narrow(1, 0, 2)));
        CHECK(is_zero(large.grad().narrow(0, 2, 4)));
    }
}

TEST_CASE("more groups take the weights of their own input channels", "[torch][supernet]") {
    const auto grouped = [](std::int64_t groups) {
        return tests::network_of(
            spaces::Conv{.out = 4, .kernel = {3, 3}, .padding = {1, 1}, .groups = groups},
            {{8, 5, 5}});
    };
    SharedWeights shared(std::vector{grouped(2), grouped(4)}, 1);
    const at::Tensor x = random_inputs(grouped(2), {.batch = 2}, 3)[0];
    const at::NoGradGuard no_grad;
    // The same as two groups of which each half sees its half of the channels alone.
    const at::Tensor largest = tensor_of(shared, "node.weight");
    const at::Tensor masked = largest.clone();
    for (std::int64_t row = 0; row < 4; ++row)
        masked[row].narrow(0, row % 2 == 0 ? 2 : 0, 2).zero_();
    CHECK(relative_difference(shared.view(grouped(4)).forward({x}, Pass{})[0],
                              at::conv2d(x, masked, {}, 1, 1, 1, 2)) < 1e-5);
}

TEST_CASE("shared weights refuse a network that is not theirs", "[torch][supernet]") {
    SharedWeights shared(kElastic, 1);
    CHECK_THROWS_AS(shared.view(elastic({.width = 9})), Error);
    CHECK_THROWS_AS(shared.view(elastic({.width = 2, .kernel = 1})), Error);
    CHECK_THROWS_AS(shared.view(tests::small_mlp(2, 3, 2)), Error);
    const std::vector different{tests::network_of(spaces::Conv{}, {{1, 3, 3}}),
                                tests::network_of(spaces::Linear{}, {{3}})};
    CHECK_THROWS_AS(SharedWeights(different, 1), Error);
}

TEST_CASE("a network takes images of another size", "[torch][network]") {
    const spaces::Network network = elastic({});
    TorchNetwork model(network, 1);
    const at::NoGradGuard no_grad;
    const at::Tensor x = at::rand({2, 3, 12, 10}, make_generator(1));
    CHECK(at::equal(model.forward({x}, Pass{})[0],
                    model.forward({at::upsample_bilinear2d(x, {8, 8}, false)}, Pass{})[0]));
}
