// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/fusion/channel_ops.h"

#include <vector>

#include "evaluators/torch/network_module.h"
#include "tests/support/catch.h"

namespace parnas::evaluators {
namespace {

constexpr double kEpsilon = 1e-5;

at::Tensor draw(at::IntArrayRef sizes, std::uint64_t seed) {
    return at::empty(sizes, at::kFloat).normal_(0.0, 1.0, make_generator(seed));
}

// A leaf, in LibTorch's usual order of values.
at::Tensor leaf(at::IntArrayRef sizes, std::uint64_t seed) {
    return draw(sizes, seed).requires_grad_();
}

double distance(const at::Tensor& left, const at::Tensor& right) {
    const double size = right.abs().max().item<double>();
    return (left - right).abs().max().item<double>() / std::max(size, 1e-12);
}

// The gradients of sum(output * a fixed tensor) by `leaves`.
std::vector<at::Tensor> gradients(const at::Tensor& output, const std::vector<at::Tensor>& leaves) {
    for (const at::Tensor& each : leaves)
        each.mutable_grad().reset();
    (output * draw(output.sizes(), 99)).sum().backward();
    std::vector<at::Tensor> result;
    for (const at::Tensor& each : leaves)
        result.push_back(each.grad().clone());
    return result;
}

void check_equal(const at::Tensor& fast,
                 const at::Tensor& expected,
                 const std::vector<at::Tensor>& leaves) {
    CHECK(distance(fast.detach(), expected.detach()) < 1e-5);
    const std::vector<at::Tensor> left = gradients(fast, leaves);
    const std::vector<at::Tensor> right = gradients(expected, leaves);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        CAPTURE(i);
        CHECK(distance(left[i], right[i]) < 2e-5);
    }
}

at::Tensor normalised(const at::Tensor& x) {
    return at::batch_norm(x, {}, {}, {}, {}, true, 0.0, kEpsilon, false);
}

SumTerm by_batch(const at::Tensor& x) {
    return {.values = x, .moments = channel_moments(x, kEpsilon).scales};
}

}  // namespace

TEST_CASE("channel moments are those of batch norm", "[torch][supernet]") {
    const std::int64_t channels = GENERATE(1, 8, 19);
    const at::Tensor x = draw({37, channels, 9, 7}, 1) * 3.0 + 100.0;
    const ChannelMoments moments = channel_moments(x, kEpsilon);
    const at::Tensor exact = x.to(at::kDouble);
    CHECK(distance(moments.scales[0], exact.mean({0, 2, 3})) < 1e-6);
    CHECK(distance(moments.variance, exact.var({0, 2, 3}, true)) < 1e-5);
    CHECK(distance(moments.scales[1], (exact.var({0, 2, 3}, false) + kEpsilon).rsqrt()) < 1e-5);
}

TEST_CASE("a sum of normalised and plain terms equals the sum of batch norms",
          "[torch][supernet]") {
    const std::int64_t channels = GENERATE(3, 16, 20);
    const bool relu = GENERATE(false, true);
    const std::vector<std::int64_t> sizes{20, channels, 8, 9};
    const at::Tensor a = leaf(sizes, 1), b = leaf(sizes, 2), c = leaf(sizes, 3);
    const at::Tensor w = leaf({3}, 4), offset = leaf({channels}, 5);
    const at::Tensor fast = sum_channels({.terms = {by_batch(a), {.values = b}, by_batch(c)},
                                          .scale = w.unsqueeze(1).expand({3, channels}),
                                          .offset = offset,
                                          .relu = relu});
    const at::Tensor sum =
        w[0] * normalised(a) + w[1] * b + w[2] * normalised(c) + offset.view({-1, 1, 1});
    check_equal(fast, relu ? at::relu(sum) : sum, {a, b, c, w, offset});
}

TEST_CASE("parts of channels whose gradients overwrite them have the gradient of a split",
          "[torch][supernet]") {
    const at::Tensor x = leaf({6, 24, 5, 5}, 1);
    const auto join = [](const std::vector<at::Tensor>& terms) {
        return terms[0] + 2.0 * terms[1] + 3.0 * terms[2];
    };
    const auto normalise = [](const at::Tensor& part) {
        SumTerm term = by_batch(part);
        term.overwrite = true;
        return sum_channels({.terms = {term}, .scale = at::ones({1, part.size(1)})});
    };
    // Its values may be overwritten, and those of a leaf not.
    const at::Tensor copied = (x * 1.0).contiguous(at::MemoryFormat::ChannelsLast);
    std::vector<at::Tensor> fast, expected;
    for (const at::Tensor& part : split_channels(copied, 3))
        fast.push_back(normalise(part));
    for (const at::Tensor& part : x.chunk(3, 1))
        expected.push_back(normalised(part));
    check_equal(join(fast), join(expected), {x});
}

TEST_CASE("parts of channels with any gradients have the gradient of a split",
          "[torch][supernet]") {
    const at::Tensor x = leaf({2, 4, 3, 3}, 1);
    const std::vector<at::Tensor> parts = split_channels(x, 2), expected = x.chunk(2, 1);
    check_equal(parts[0] * parts[0], expected[0] * expected[0], {x});
    check_equal(parts[0] * parts[1], expected[0] * expected[1], {x});
}

TEST_CASE("depthwise convolutions equal LibTorch's", "[torch][supernet]") {
    const std::int64_t channels = GENERATE(5, 16, 24);
    const std::int64_t kernel = GENERATE(3, 5, 7);
    const std::int64_t stride = GENERATE(1, 2, 3);
    const std::int64_t dilation = GENERATE(1, 2);
    const std::int64_t padding = GENERATE(0, 1, 6);
    const std::int64_t height = 15, width = 13;
    const at::Tensor x = leaf({4, channels, height, width}, 1);
    const at::Tensor weight = leaf({channels, 1, kernel, kernel}, 2);
    CAPTURE(channels, kernel, stride, dilation, padding);
    const at::Tensor fast = convolve_depthwise(
        x, weight, {.kernel = kernel, .stride = stride, .padding = padding, .dilation = dilation});
    check_equal(fast, at::conv2d(x, weight, {}, stride, padding, dilation, channels), {x, weight});
}

TEST_CASE("images smaller than a dilated kernel can be convolved", "[torch][supernet]") {
    const std::int64_t size = GENERATE(1, 2, 3, 4);
    const at::Tensor x = leaf({3, 8, size, size}, 1), weight = leaf({8, 1, 5, 5}, 2);
    check_equal(
        convolve_depthwise(x, weight, {.kernel = 5, .stride = 1, .padding = 4, .dilation = 2}),
        at::conv2d(x, weight, {}, 1, 4, 2, 8),
        {x, weight});
}

TEST_CASE("fast ops refuse a second backward pass", "[torch][supernet]") {
    const at::Tensor x = leaf({2, 8, 4, 4}, 1);
    const at::Tensor loss =
        sum_channels({.terms = {by_batch(x)}, .scale = at::ones({1, 8}), .relu = true}).sum();
    loss.backward({}, true);
    CHECK_THROWS_WITH(loss.backward(), Catch::Contains("differentiated only once"));
}

}  // namespace parnas::evaluators
