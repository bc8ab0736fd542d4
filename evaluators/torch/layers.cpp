// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/layers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/error.h"
#include "evaluators/torch/supernet/fusion/channel_ops.h"

namespace parnas::evaluators {
namespace {

using Inputs = std::span<const at::Tensor>;

// {batch, dims...}; -1, "what remains", for an unknown dimension.
std::vector<std::int64_t> batched(std::int64_t batch, const spaces::Shape& shape) {
    std::vector<std::int64_t> sizes{batch};
    for (const spaces::Dim dimension : shape)
        sizes.push_back(dimension < 0 ? -1 : dimension);
    return sizes;
}

// What convolve_depthwise() needs to know, if it can make this convolution.
std::optional<DepthwiseConv> find_depthwise(const spaces::Conv& op, std::int64_t in) {
    const auto is_even = [](const spaces::Extent& extent) { return extent[0] == extent[1]; };
    const DepthwiseConv conv{.kernel = op.kernel[0],
                             .stride = op.stride[0],
                             .padding = op.padding[0],
                             .dilation = op.dilation[0]};
    if (op.groups != in || op.out != in || op.bias || !is_even(op.kernel) || !is_even(op.stride) ||
        !is_even(op.padding) || !is_even(op.dilation) || !is_fast(conv))
        return std::nullopt;
    return conv;
}

Layer make(const spaces::Conv& op, const Site& site) {
    const std::int64_t in = site.inputs[0][0];
    const double fan_out = static_cast<double>(op.out * op.kernel[0] * op.kernel[1] / op.groups);
    WeightSpec kernel = site.spec("weight",
                                  {op.out, in / op.groups, op.kernel[0], op.kernel[1]},
                                  Start::normal,
                                  std::sqrt(2.0 / std::max(fan_out, 1.0)));
    kernel.groups = op.groups;
    const Weight weight = site.weights.parameter(kernel);
    Weight bias;
    if (op.bias)
        bias = site.parameter("bias", {op.out}, Start::constant, 0.0);
    if (const auto depthwise = find_depthwise(op, in); depthwise && site.channels_last)
        return [weight, depthwise](Inputs x, const Pass&) {
            return convolve_depthwise(x[0], weight(), *depthwise);
        };
    return [op, weight, bias](Inputs x, const Pass&) {
        return at::conv2d(x[0], weight(), bias(), op.stride, op.padding, op.dilation, op.groups);
    };
}

Layer make(const spaces::Linear& op, const Site& site) {
    const std::int64_t in = site.inputs[0].back();
    const double bound = 1.0 / std::sqrt(static_cast<double>(in));
    const Weight weight = site.parameter("weight", {op.out, in}, Start::uniform, bound);
    Weight bias;
    if (op.bias)
        bias = site.parameter("bias", {op.out}, Start::uniform, bound);
    return [weight, bias](Inputs x, const Pass&) { return at::linear(x[0], weight(), bias()); };
}

Layer make(const spaces::Norm& op, const Site& site) {
    const bool over_features =
        op.kind == spaces::NormKind::layer || op.kind == spaces::NormKind::rms;
    const std::int64_t size = over_features ? site.inputs[0].back() : site.inputs[0].front();
    Weight weight, bias;
    if (op.affine) {
        weight = site.parameter("weight", {size}, Start::constant, 1.0);
        if (op.kind != spaces::NormKind::rms)
            bias = site.parameter("bias", {size}, Start::constant, 0.0);
    }
    switch (op.kind) {
        case spaces::NormKind::batch: {
            const at::Tensor mean =
                site.weights.statistic(site.spec("running_mean", {size}, Start::constant, 0.0));
            const at::Tensor variance =
                site.weights.statistic(site.spec("running_var", {size}, Start::constant, 1.0));
            return [=](Inputs x, const Pass& pass) {
                return at::batch_norm(x[0],
                                      weight(),
                                      bias(),
                                      mean,
                                      variance,
                                      pass.training,
                                      pass.statistics_rate,
                                      kNormEpsilon,
                                      false);
            };
        }
        case spaces::NormKind::layer:
            return [=](Inputs x, const Pass&) {
                return at::layer_norm(x[0], {size}, weight(), bias(), kNormEpsilon, false);
            };
        case spaces::NormKind::group:
            return [=, groups = op.groups](Inputs x, const Pass&) {
                return at::group_norm(x[0], groups, weight(), bias(), kNormEpsilon, false);
            };
        case spaces::NormKind::instance:
            return [=](Inputs x, const Pass&) {
                return at::instance_norm(
                    x[0], weight(), bias(), {}, {}, true, 0.0, kNormEpsilon, false);
            };
        case spaces::NormKind::rms:
            return [=](Inputs x, const Pass&) {
                const at::Tensor scale =
                    at::rsqrt(at::mean(x[0].square(), {-1}, true) + kNormEpsilon);
                return op.affine ? x[0] * scale * weight() : x[0] * scale;
            };
    }
    throw Error(ErrorKind::internal, "unknown kind of norm", site.node);
}

at::Tensor activate(spaces::ActivationKind kind, const at::Tensor& x) {
    switch (kind) {
        case spaces::ActivationKind::relu:
            return at::relu(x);
        case spaces::ActivationKind::relu6:
            return at::hardtanh(x, 0.0, 6.0);
        case spaces::ActivationKind::hswish:
            return at::hardswish(x);
        case spaces::ActivationKind::hsigmoid:
            return at::hardsigmoid(x);
        case spaces::ActivationKind::swish:
            return at::silu(x);
        case spaces::ActivationKind::sigmoid:
            return at::sigmoid(x);
        case spaces::ActivationKind::tanh:
            return at::tanh(x);
        case spaces::ActivationKind::gelu:
            return at::gelu(x);
        case spaces::ActivationKind::leaky_relu:
            return at::leaky_relu(x, 0.01);
        case spaces::ActivationKind::elu:
            return at::elu(x);
        case spaces::ActivationKind::softplus:
            return at::softplus(x);
    }
    throw Error(ErrorKind::internal, "unknown activation");
}

Layer make(const spaces::Activation& op, const Site&) {
    return [kind = op.kind](Inputs x, const Pass&) { return activate(kind, x[0]); };
}

Layer make(const spaces::Pool& op, const Site&) {
    if (op.kind == spaces::PoolKind::average)
        return [op](Inputs x, const Pass&) {
            return at::avg_pool2d(x[0], op.kernel, op.stride, op.padding, false, op.count_padding);
        };
    return [op](Inputs x, const Pass&) {
        return at::max_pool2d(x[0], op.kernel, op.stride, op.padding);
    };
}

Layer make(const spaces::GlobalPool& op, const Site& site) {
    std::vector<std::int64_t> dimensions;  // all but batch and channels
    for (std::size_t i = 1; i < site.inputs[0].size(); ++i)
        dimensions.push_back(static_cast<std::int64_t>(i) + 1);
    return [op, dimensions](Inputs x, const Pass&) {
        return op.kind == spaces::PoolKind::average ? at::mean(x[0], dimensions, op.keep_dims)
                                                    : at::amax(x[0], dimensions, op.keep_dims);
    };
}

Layer make(const spaces::Add&, const Site&) {
    return [](Inputs x, const Pass&) {
        at::Tensor sum = x[0];
        for (const at::Tensor& each : x.subspan(1))
            sum = sum + each;
        return sum;
    };
}

Layer make(const spaces::Multiply&, const Site&) {
    return [](Inputs x, const Pass&) { return x[0] * x[1]; };
}

Layer make(const spaces::Concat& op, const Site&) {
    return [axis = op.axis + 1](Inputs x, const Pass&) {
        return at::cat(at::TensorList(x.data(), x.size()), axis);
    };
}

Layer make(const spaces::Slice& op, const Site&) {
    return [op](Inputs x, const Pass&) { return x[0].narrow(op.axis + 1, op.start, op.length); };
}

Layer make(const spaces::Reshape&, const Site& site) {
    if (std::ranges::count_if(site.output, [](spaces::Dim size) { return size < 0; }) > 1)
        throw Error(ErrorKind::invalid_input,
                    "LibTorch needs all but one dimension of a reshape to be known",
                    site.node);
    return [output = site.output](Inputs x, const Pass&) {
        return x[0].reshape(batched(x[0].size(0), output));
    };
}

Layer make(const spaces::Transpose& op, const Site&) {
    std::vector<std::int64_t> order{0};
    for (const std::int64_t from : op.order)
        order.push_back(from + 1);
    return [order](Inputs x, const Pass&) { return x[0].permute(order); };
}

Layer make(const spaces::Resize& op, const Site&) {
    if (op.mode == spaces::ResizeMode::nearest)
        return [op](Inputs x, const Pass&) { return at::upsample_nearest2d(x[0], op.size); };
    return [op](Inputs x, const Pass&) { return at::upsample_bilinear2d(x[0], op.size, false); };
}

Layer make(const spaces::Pad& op, const Site&) {
    const std::array<std::int64_t, 4> sizes{op.before[1], op.after[1], op.before[0], op.after[0]};
    return [sizes](Inputs x, const Pass&) { return at::constant_pad_nd(x[0], sizes); };
}

Layer make(const spaces::Softmax& op, const Site&) {
    return [axis = op.axis + 1](Inputs x, const Pass&) { return at::softmax(x[0], axis); };
}

Layer make(const spaces::Identity&, const Site&) {
    return [](Inputs x, const Pass&) { return x[0]; };
}

Layer make(const spaces::Zero& op, const Site&) {
    if (op.stride == 1)
        return [](Inputs x, const Pass&) { return at::zeros_like(x[0]); };
    return [stride = op.stride](Inputs x, const Pass&) {
        const auto up = [&](std::int64_t size) { return (size + stride - 1) / stride; };
        return at::zeros({x[0].size(0), x[0].size(1), up(x[0].size(2)), up(x[0].size(3))},
                         x[0].options());
    };
}

Layer make(const spaces::Dropout& op, const Site&) {
    return [rate = op.rate](Inputs x, const Pass& pass) { return dropped(x[0], rate, pass); };
}

Layer make(const spaces::Mix&, const Site& site) {
    throw Error(ErrorKind::invalid_input, "a mix is no layer", site.node);
}

Layer make(const spaces::Embedding& op, const Site& site) {
    return make_layer(op, site);
}
Layer make(const spaces::Attention& op, const Site& site) {
    return make_layer(op, site);
}
Layer make(const spaces::Recurrent& op, const Site& site) {
    return make_layer(op, site);
}
Layer make(const spaces::MessagePassing& op, const Site& site) {
    return make_layer(op, site);
}
Layer make(const spaces::Custom& op, const Site& site) {
    return make_layer(op, site);
}

}  // namespace

at::Tensor dropped(const at::Tensor& x, double rate, const Pass& pass) {
    if (!pass.training || !pass.generator.defined() || rate == 0.0)
        return x;
    const double keep = 1.0 - rate;
    return x * at::empty_like(x).bernoulli_(keep, pass.generator).div_(keep);
}

Layer make_layer(const spaces::Op& op, const Site& site) {
    return std::visit([&](const auto& each) { return make(each, site); }, op);
}

}  // namespace parnas::evaluators
