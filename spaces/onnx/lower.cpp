// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/lower.h"

#include <cmath>
#include <limits>

#include "core/error.h"

namespace parnas::spaces::onnx {
namespace {

std::vector<std::int64_t> list(const Extent& extent) {
    return {extent[0], extent[1]};
}

// {top, left, bottom, right}
std::vector<std::int64_t> pads(const Extent& padding) {
    return {padding[0], padding[1], padding[0], padding[1]};
}

// What a batch norm multiplies each channel by, and adds to it.
struct Affine {
    std::vector<double> scale;
    std::vector<double> shift;
};

Affine read_norm(const Place& at, std::int64_t size, const std::string& node) {
    const auto read = [&](const char* name, WeightRole role) {
        return at.graph.weights().values({node + "." + name, {size}, role});
    };
    const std::vector<float> mean = read("running_mean", WeightRole::mean);
    const std::vector<float> variance = read("running_var", WeightRole::variance);
    std::vector<float> scale(mean.size(), 1.0F), bias(mean.size(), 0.0F);
    if (at.norm_affine) {
        scale = read("weight", WeightRole::scale);
        bias = read("bias", WeightRole::bias);
    }
    Affine affine;
    for (std::size_t i = 0; i < mean.size(); ++i) {
        const double factor = scale[i] / std::sqrt(double{variance[i]} + kNormEpsilon);
        affine.scale.push_back(factor);
        affine.shift.push_back(bias[i] - mean[i] * factor);
    }
    return affine;
}

// The node's weight and, if there is one, bias as inputs after the first, with the batch norm that
// follows folded in.
std::vector<std::string> with_weights(const Place& at,
                                      const std::vector<std::int64_t>& shape,
                                      bool has_bias) {
    Graph& graph = at.graph;
    std::vector<float> weight = graph.weight_values("weight", shape, WeightRole::kernel);
    std::vector<float> bias;
    if (has_bias)
        bias = graph.weight_values("bias", {shape[0]}, WeightRole::bias);
    if (at.norm) {
        const Affine affine = read_norm(at, shape[0], *at.norm);
        const std::size_t row = weight.size() / affine.scale.size();
        for (std::size_t i = 0; i < weight.size(); ++i)
            weight[i] = static_cast<float>(weight[i] * affine.scale[i / row]);
        bias.resize(affine.scale.size(), 0.0F);
        for (std::size_t i = 0; i < bias.size(); ++i)
            bias[i] = static_cast<float>(bias[i] * affine.scale[i] + affine.shift[i]);
    }
    std::vector<std::string> inputs{at.in(), graph.tensor("weight", shape, std::move(weight))};
    if (!bias.empty())
        inputs.push_back(graph.tensor("bias", {shape[0]}, std::move(bias)));
    return inputs;
}

std::string write(const Conv& op, const Place& at) {
    const std::int64_t in = at.shapes[0][0];
    return at.graph.add(
        "Conv",
        with_weights(at, {op.out, in / op.groups, op.kernel[0], op.kernel[1]}, op.bias),
        {{"kernel_shape", list(op.kernel)},
         {"strides", list(op.stride)},
         {"pads", pads(op.padding)},
         {"dilations", list(op.dilation)},
         {"group", op.groups}});
}

std::string write(const Linear& op, const Place& at) {
    const std::int64_t in = at.shapes[0].back();
    if (at.shapes[0].size() == 1) {
        std::vector<std::string> inputs = with_weights(at, {op.out, in}, op.bias);
        if (inputs.size() == 2 && at.graph.opset() < 11)  // a bias came to be left out then
            inputs.push_back(at.graph.number(0.0F));
        return at.graph.add("Gemm", std::move(inputs), {{"transB", std::int64_t{1}}});
    }
    return project(at.in(),
                   {.weight = "weight", .bias = op.bias ? "bias" : "", .in = in, .out = op.out},
                   at.graph);
}

std::string write(const Pool& op, const Place& at) {
    Attributes attributes{{"kernel_shape", list(op.kernel)},
                          {"strides", list(op.stride)},
                          {"pads", pads(op.padding)}};
    if (op.kind == PoolKind::max)
        return at.graph.add("MaxPool", {at.in()}, std::move(attributes));
    attributes.emplace_back("count_include_pad", std::int64_t{op.count_padding});
    return at.graph.add("AveragePool", {at.in()}, std::move(attributes));
}

std::string write(const GlobalPool& op, const Place& at) {
    const bool average = op.kind == PoolKind::average;
    if (at.shapes[0].size() == 3) {
        const std::string pooled =
            at.graph.add(average ? "GlobalAveragePool" : "GlobalMaxPool", {at.in()});
        return op.keep_dims ? pooled
                            : at.graph.add("Flatten", {pooled}, {{"axis", std::int64_t{1}}});
    }
    std::vector<std::int64_t> axes;  // all but batch and channels
    for (std::size_t i = 1; i < at.shapes[0].size(); ++i)
        axes.push_back(static_cast<std::int64_t>(i) + 1);
    return at.graph.add(average ? "ReduceMean" : "ReduceMax",
                        {at.in()},
                        {{"axes", std::move(axes)}, {"keepdims", std::int64_t{op.keep_dims}}});
}

std::string write(const Add&, const Place& at) {
    std::string sum = at.in();
    for (std::size_t i = 1; i < at.inputs.size(); ++i)
        sum = at.graph.add("Add", {sum, at.inputs[i]});
    return sum;
}

std::string write(const Multiply&, const Place& at) {
    // The gate comes first: OpenCV 4.6 takes Mul(x, Sigmoid(y)) for a swish of y.
    return at.graph.add("Mul", {at.inputs[1], at.inputs[0]});
}

std::string write(const Concat& op, const Place& at) {
    return at.graph.add("Concat", at.inputs, {{"axis", op.axis + 1}});
}

std::string write(const Slice& op, const Place& at) {
    Graph& graph = at.graph;
    return graph.add("Slice",
                     {at.in(),
                      graph.integers({op.start}),
                      graph.integers({op.start + op.length}),
                      graph.integers({op.axis + 1})});
}

std::string write(const Reshape&, const Place& at) {
    return reshape(at.in(), at.shapes[0], at.output_shape, at.graph);
}

std::string write(const Transpose& op, const Place& at) {
    std::vector<std::int64_t> order{0};
    for (const std::int64_t from : op.order)
        order.push_back(from + 1);
    return at.graph.add("Transpose", {at.in()}, {{"perm", std::move(order)}});
}

// PyTorch's pixels: nearest from floor(i in / out), bilinear between centres of pixels.
std::string write(const Resize& op, const Place& at) {
    Graph& graph = at.graph;
    const std::string shape = graph.add("Shape", {at.in()});
    const std::string kept =
        graph.add("Slice", {shape, graph.integers({0}), graph.integers({2}), graph.integers({0})});
    const std::string sizes = graph.add(
        "Concat", {kept, graph.integers({op.size[0], op.size[1]})}, {{"axis", std::int64_t{0}}});
    Attributes attributes{{"mode", std::string("nearest")},
                          {"coordinate_transformation_mode", std::string("asymmetric")},
                          {"nearest_mode", std::string("floor")}};
    if (op.mode == ResizeMode::bilinear)
        attributes = {{"mode", std::string("linear")},
                      {"coordinate_transformation_mode", std::string("half_pixel")}};
    return graph.add("Resize", {at.in(), "", "", sizes}, std::move(attributes));
}

std::string write(const Pad& op, const Place& at) {
    const std::vector<std::int64_t> sizes{
        0, 0, op.before[0], op.before[1], 0, 0, op.after[0], op.after[1]};
    if (at.graph.opset() < 11)
        return at.graph.add("Pad", {at.in()}, {{"pads", sizes}});
    return at.graph.add("Pad", {at.in(), at.graph.integers(sizes)});
}

std::string write(const Softmax& op, const Place& at) {
    return at.graph.add("Softmax", {at.in()}, {{"axis", op.axis + 1}});
}

std::string write(const Identity&, const Place& at) {
    return at.in();
}

std::string write(const Dropout&, const Place& at) {
    return at.in();
}

std::string write(const Zero& op, const Place& at) {
    if (op.stride == 1)
        return zeros_like(at.in(), at.graph);
    // Windows of one element: sizes are divided by the stride, rounded up.
    const std::string smaller =
        at.graph.add("MaxPool",
                     {at.in()},
                     {{"kernel_shape", std::vector<std::int64_t>{1, 1}},
                      {"strides", std::vector<std::int64_t>{op.stride, op.stride}}});
    return zeros_like(smaller, at.graph);
}

std::string write(const Embedding& op, const Place& at) {
    return at.graph.add(
        "Gather",
        {at.graph.weight("weight", {op.count, op.features}, WeightRole::kernel), at.in()},
        {{"axis", std::int64_t{0}}});
}

std::string write(const Custom& op, const Place&) {
    throw Error(ErrorKind::invalid_input, "ONNX has no custom op '" + op.type + "'");
}

std::string write(const Mix&, const Place&) {
    throw Error(ErrorKind::invalid_input,
                "a mix has its weights in the search: ONNX is for networks, not for supernets");
}

template <typename SeveralSteps>
std::string write(const SeveralSteps& op, const Place& at) {
    return lower(op, at);
}

}  // namespace

std::string lower(const Op& op, const Place& at) {
    return std::visit([&](const auto& each) { return write(each, at); }, op);
}

std::string project(const std::string& x, const Projection& by, Graph& graph) {
    const std::vector<float> rows =
        graph.weight_values(by.weight, {by.out, by.in}, WeightRole::kernel);
    std::vector<float> columns(rows.size());
    const auto in = static_cast<std::size_t>(by.in), out = static_cast<std::size_t>(by.out);
    for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i)
            columns[i * out + o] = rows[o * in + i];
    const std::string product =
        graph.add("MatMul", {x, graph.tensor(by.weight, {by.in, by.out}, std::move(columns))});
    if (by.bias.empty())
        return product;
    return graph.add("Add", {product, graph.weight(by.bias, {by.out}, WeightRole::bias)});
}

std::string zeros_like(const std::string& value, Graph& graph) {
    return graph.add("Mul", {value, graph.number(0.0F)});
}

std::string reshape(const std::string& value, const Shape& from, const Shape& to, Graph& graph) {
    std::vector<std::int64_t> sizes{0};  // 0: as it is at this place
    int open = 0;
    for (std::size_t i = 0; i < to.size(); ++i) {
        const bool stays = to[i] < 0 && i < from.size() && from[i] == to[i];
        open += to[i] < 0 && !stays;
        sizes.push_back(stays ? 0 : std::max<Dim>(to[i], -1));
    }
    if (open > 1)
        throw Error(ErrorKind::invalid_input,
                    "ONNX needs all but one dimension of a reshape to be known");
    return graph.add("Reshape", {value, graph.integers(std::move(sizes))});
}

}  // namespace parnas::spaces::onnx
