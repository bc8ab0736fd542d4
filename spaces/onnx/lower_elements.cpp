// SPDX-License-Identifier: Apache-2.0
// Normalisations and activations.
#include <algorithm>
#include <numbers>

#include "core/error.h"
#include "spaces/onnx/lower.h"

namespace parnas::spaces::onnx {
namespace {

const std::vector<std::int64_t> kLast{-1};

std::string mean_over_features(const std::string& value, Graph& graph) {
    return graph.add("ReduceMean", {value}, {{"axes", kLast}, {"keepdims", std::int64_t{1}}});
}

// value / sqrt(the mean of its squares + epsilon)
std::string over_root_mean_square(const std::string& value, Graph& graph) {
    const std::string mean = mean_over_features(graph.add("Mul", {value, value}), graph);
    const std::string root =
        graph.add("Sqrt", {graph.add("Add", {mean, graph.number(kNormEpsilon)})});
    return graph.add("Div", {value, root});
}

// Operators of ONNX have a scale and a bias in any case.
std::string scale_of(const Norm& op, std::int64_t size, Graph& graph) {
    if (op.affine)
        return graph.weight("weight", {size}, WeightRole::scale);
    return graph.tensor("weight", {size}, std::vector<float>(static_cast<std::size_t>(size), 1.0F));
}

std::string bias_of(const Norm& op, std::int64_t size, Graph& graph) {
    if (op.affine)
        return graph.weight("bias", {size}, WeightRole::bias);
    return graph.tensor("bias", {size}, std::vector<float>(static_cast<std::size_t>(size), 0.0F));
}

std::string batch_norm(const Norm& op, const Place& at) {
    Graph& graph = at.graph;
    const std::int64_t channels = at.shapes[0][0];
    return graph.add("BatchNormalization",
                     {at.in(),
                      scale_of(op, channels, graph),
                      bias_of(op, channels, graph),
                      graph.weight("running_mean", {channels}, WeightRole::mean),
                      graph.weight("running_var", {channels}, WeightRole::variance)},
                     {{"epsilon", kNormEpsilon}});
}

// The shape of the node's input, to go back to.
std::string shape_of(const Place& at, Graph& graph) {
    std::vector<std::int64_t> sizes{at.batch.value_or(-1)};
    for (const Dim size : at.shapes[0])
        sizes.push_back(std::max<Dim>(size, -1));
    return std::ranges::count(sizes, -1) > 1 ? graph.add("Shape", {at.in()})
                                             : graph.integers(std::move(sizes));
}

// What `change` makes of the value as a matrix of rows, in its own shape again: OpenCV 4.6
// broadcasts a vector over matrices only.
template <typename Change>
std::string by_features(const std::string& value, const Place& at, const Change& change) {
    if (at.shapes[0].size() == 1)
        return change(value);
    Graph& graph = at.graph;
    const std::string matrix =
        graph.add("Reshape", {value, graph.integers({-1, at.shapes[0].back()})});
    return graph.add("Reshape", {change(matrix), shape_of(at, graph)});
}

std::string layer_norm(const Norm& op, const Place& at) {
    Graph& graph = at.graph;
    const std::int64_t features = at.shapes[0].back();
    if (graph.opset() >= 17)
        return graph.add("LayerNormalization",
                         {at.in(), scale_of(op, features, graph), bias_of(op, features, graph)},
                         {{"axis", std::int64_t{-1}}, {"epsilon", kNormEpsilon}});
    // Rows as the only channel of as many samples, and back.
    const std::string rows = graph.add("Reshape", {at.in(), graph.integers({-1, 1, features})});
    const std::string normal =
        graph.add("InstanceNormalization",
                  {rows, graph.tensor("one", {1}, {1.0F}), graph.tensor("zero", {1}, {0.0F})},
                  {{"epsilon", kNormEpsilon}});
    const std::string value = graph.add("Reshape", {normal, shape_of(at, graph)});
    if (!op.affine)
        return value;
    return by_features(value, at, [&](const std::string& matrix) {
        const std::string scaled =
            graph.add("Mul", {matrix, graph.weight("weight", {features}, WeightRole::scale)});
        return graph.add("Add", {scaled, graph.weight("bias", {features}, WeightRole::bias)});
    });
}

std::string rms_norm(const Norm& op, const Place& at) {
    Graph& graph = at.graph;
    const std::string value = over_root_mean_square(at.in(), graph);
    if (!op.affine)
        return value;
    return by_features(value, at, [&](const std::string& matrix) {
        return graph.add(
            "Mul", {matrix, graph.weight("weight", {at.shapes[0].back()}, WeightRole::scale)});
    });
}

// Groups of channels take the place of channels.
std::string group_norm(const Norm& op, std::int64_t groups, const Place& at) {
    Graph& graph = at.graph;
    const Shape& shape = at.shapes[0];
    const auto count = static_cast<std::size_t>(groups);
    const std::string grouped = graph.add("Reshape", {at.in(), graph.integers({0, groups, -1})});
    const std::string normal =
        graph.add("InstanceNormalization",
                  {grouped,
                   graph.tensor("ones", {groups}, std::vector<float>(count, 1.0F)),
                   graph.tensor("zeros", {groups}, std::vector<float>(count, 0.0F))},
                  {{"epsilon", kNormEpsilon}});
    std::string value = graph.add("Reshape", {normal, shape_of(at, graph)});
    if (!op.affine)
        return value;
    const std::vector<std::int64_t> wide = per_channel(shape[0], shape.size());
    const auto weight = [&](const char* name, WeightRole role) {
        return graph.tensor(name, wide, graph.weight_values(name, {shape[0]}, role));
    };
    value = graph.add("Mul", {value, weight("weight", WeightRole::scale)});
    return graph.add("Add", {value, weight("bias", WeightRole::bias)});
}

}  // namespace

std::vector<std::int64_t> per_channel(std::int64_t channels, std::size_t rank) {
    std::vector<std::int64_t> shape(rank, 1);
    shape[0] = channels;
    return shape;
}

std::string clip(const std::string& value, float least, float most, Graph& graph) {
    if (graph.opset() < 11)
        return graph.add("Clip", {value}, {{"min", least}, {"max", most}});
    return graph.add("Clip", {value, graph.number(least), graph.number(most)});
}

std::string lower(const Norm& op, const Place& at) {
    switch (op.kind) {
        case NormKind::batch:
            return batch_norm(op, at);
        case NormKind::layer:
            return layer_norm(op, at);
        case NormKind::group:
            return group_norm(op, op.groups, at);
        case NormKind::instance:
            return group_norm(op, at.shapes[0][0], at);
        case NormKind::rms:
            return rms_norm(op, at);
    }
    throw Error(ErrorKind::internal, "unknown kind of norm");
}

std::string lower(const Activation& op, const Place& at) {
    Graph& graph = at.graph;
    const std::string& x = at.in();
    const auto hard_sigmoid = [&] {
        return graph.add("HardSigmoid", {x}, {{"alpha", 1.0F / 6.0F}, {"beta", 0.5F}});
    };
    switch (op.kind) {
        case ActivationKind::relu:
            return graph.add("Relu", {x});
        case ActivationKind::relu6:
            return clip(x, 0.0F, 6.0F, graph);
        case ActivationKind::hswish:
            return graph.opset() < 14 ? graph.add("Mul", {x, hard_sigmoid()})
                                      : graph.add("HardSwish", {x});
        case ActivationKind::hsigmoid:
            return hard_sigmoid();
        case ActivationKind::swish:
            return graph.add("Mul", {x, graph.add("Sigmoid", {x})});
        case ActivationKind::sigmoid:
            return graph.add("Sigmoid", {x});
        case ActivationKind::tanh:
            return graph.add("Tanh", {x});
        case ActivationKind::gelu: {
            const std::string scaled =
                graph.add("Mul", {x, graph.number(static_cast<float>(1.0 / std::numbers::sqrt2))});
            const std::string below =
                graph.add("Add", {graph.add("Erf", {scaled}), graph.number(1.0F)});
            return graph.add("Mul", {graph.add("Mul", {x, below}), graph.number(0.5F)});
        }
        case ActivationKind::leaky_relu:
            return graph.add("LeakyRelu", {x}, {{"alpha", 0.01F}});
        case ActivationKind::elu:
            return graph.add("Elu", {x}, {{"alpha", 1.0F}});
        case ActivationKind::softplus:
            return graph.add("Softplus", {x});
    }
    throw Error(ErrorKind::internal, "unknown activation");
}

}  // namespace parnas::spaces::onnx
