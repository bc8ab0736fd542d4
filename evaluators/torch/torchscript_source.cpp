// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/torchscript_source.h"

#include <cctype>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "evaluators/torch/custom_script.h"
#include "evaluators/torch/input_scaling.h"
#include "evaluators/torch/torchscript_place.h"
#include "spaces/shapes.h"

namespace parnas::evaluators {
namespace {

using namespace spaces;

// "[1, 2]"
template <typename Numbers>
std::string list(const Numbers& numbers) {
    return fmt::format("[{}]", fmt::join(numbers, ", "));
}

std::string truth(bool value) {
    return value ? "True" : "False";
}

// Most ops are one expression; expression() gives it.
std::string expression(const Conv& op, const Place& at) {
    return fmt::format("torch.conv2d({}, {}, {}, {}, {}, {}, {})",
                       at.in(),
                       at.weight("weight"),
                       at.weight("bias"),
                       list(op.stride),
                       list(op.padding),
                       list(op.dilation),
                       op.groups);
}

std::string expression(const Linear&, const Place& at) {
    return fmt::format("torch.linear({}, {}, {})", at.in(), at.weight("weight"), at.weight("bias"));
}

std::string expression(const Norm& op, const Place& at) {
    const std::string weights = at.weight("weight") + ", " + at.weight("bias");
    switch (op.kind) {
        case NormKind::batch:
            return fmt::format("torch.batch_norm({}, {}, {}, {}, False, 0.1, 1e-05, False)",
                               at.in(),
                               weights,
                               at.weight("running_mean"),
                               at.weight("running_var"));
        case NormKind::layer:
            return fmt::format("torch.layer_norm({}, [{}], {}, 1e-05, False)",
                               at.in(),
                               at.shapes[0].back(),
                               weights);
        case NormKind::group:
            return fmt::format(
                "torch.group_norm({}, {}, {}, 1e-05, False)", at.in(), op.groups, weights);
        case NormKind::instance:
            return fmt::format("torch.instance_norm({}, {}, None, None, True, 0.1, 1e-05, False)",
                               at.in(),
                               weights);
        case NormKind::rms:
            break;
    }
    const std::string scaled = fmt::format(
        "{0} * torch.rsqrt(torch.mean(torch.square({0}), [-1], True) + 1e-05)", at.in());
    return op.affine ? scaled + " * " + at.weight("weight") : scaled;
}

std::string expression(const Activation& op, const Place& at) {
    switch (op.kind) {
        case ActivationKind::relu:
            return fmt::format("torch.relu({})", at.in());
        case ActivationKind::relu6:
            return fmt::format("torch.hardtanh({}, 0.0, 6.0)", at.in());
        case ActivationKind::hswish:
            return fmt::format("torch.hardswish({})", at.in());
        case ActivationKind::hsigmoid:
            return fmt::format("torch.hardsigmoid({})", at.in());
        case ActivationKind::swish:
            return fmt::format("torch.silu({})", at.in());
        case ActivationKind::sigmoid:
            return fmt::format("torch.sigmoid({})", at.in());
        case ActivationKind::tanh:
            return fmt::format("torch.tanh({})", at.in());
        case ActivationKind::gelu:
            return fmt::format("torch.gelu({})", at.in());
        case ActivationKind::leaky_relu:
            return fmt::format("torch.leaky_relu({}, 0.01)", at.in());
        case ActivationKind::elu:
            return fmt::format("torch.elu({})", at.in());
        case ActivationKind::softplus:
            return fmt::format("torch.softplus({})", at.in());
    }
    throw Error(ErrorKind::internal, "unknown activation", at.node);
}

std::string expression(const Pool& op, const Place& at) {
    const std::string window =
        fmt::format("{}, {}, {}, {}", at.in(), list(op.kernel), list(op.stride), list(op.padding));
    if (op.kind == PoolKind::average)
        return fmt::format("torch.avg_pool2d({}, False, {})", window, truth(op.count_padding));
    return fmt::format("torch.max_pool2d({}, [1, 1], False)", window);
}

std::string expression(const GlobalPool& op, const Place& at) {
    std::vector<std::size_t> dimensions;
    for (std::size_t i = 1; i < at.shapes[0].size(); ++i)
        dimensions.push_back(i + 1);
    return fmt::format("torch.{}({}, {}, {})",
                       op.kind == PoolKind::average ? "mean" : "amax",
                       at.in(),
                       list(dimensions),
                       truth(op.keep_dims));
}

std::string expression(const Add&, const Place& at) {
    return fmt::format("{}", fmt::join(at.inputs, " + "));
}

std::string expression(const Multiply&, const Place& at) {
    return at.inputs[0] + " * " + at.inputs[1];
}

std::string expression(const Concat& op, const Place& at) {
    return fmt::format("torch.cat({}, {})", list(at.inputs), op.axis + 1);
}

std::string expression(const Slice& op, const Place& at) {
    return fmt::format("torch.narrow({}, {}, {}, {})", at.in(), op.axis + 1, op.start, op.length);
}

std::string expression(const Reshape&, const Place& at) {
    std::string sizes = at.in() + ".size(0)";
    for (const Dim dimension : at.output_shape)
        sizes += fmt::format(", {}", dimension < 0 ? -1 : dimension);
    return fmt::format("torch.reshape({}, [{}])", at.in(), sizes);
}

std::string expression(const Transpose& op, const Place& at) {
    std::vector<std::int64_t> order{0};
    for (const std::int64_t from : op.order)
        order.push_back(from + 1);
    return fmt::format("torch.permute({}, {})", at.in(), list(order));
}

std::string expression(const Resize& op, const Place& at) {
    if (op.mode == ResizeMode::nearest)
        return fmt::format("torch.upsample_nearest2d({}, {})", at.in(), list(op.size));
    return fmt::format("torch.upsample_bilinear2d({}, {}, False)", at.in(), list(op.size));
}

std::string expression(const Pad& op, const Place& at) {
    return fmt::format("torch.constant_pad_nd({}, [{}, {}, {}, {}], 0.0)",
                       at.in(),
                       op.before[1],
                       op.after[1],
                       op.before[0],
                       op.after[0]);
}

std::string expression(const Softmax& op, const Place& at) {
    return fmt::format("torch.softmax({}, {})", at.in(), op.axis + 1);
}

std::string expression(const Identity&, const Place& at) {
    return at.in();
}

std::string expression(const Zero& op, const Place& at) {
    if (op.stride == 1)
        return fmt::format("torch.zeros_like({})", at.in());
    return fmt::format("torch.zeros_like({0}[:, :, ::{1}, ::{1}])", at.in(), op.stride);
}

std::string expression(const Dropout&, const Place& at) {
    return at.in();
}

std::string expression(const Embedding&, const Place& at) {
    return fmt::format("torch.embedding({}, {})", at.weight("weight"), at.in());
}

std::string expression(const Custom& op, const Place& at) {
    return custom_script(op,
                         {.node = at.node,
                          .inputs = at.inputs,
                          .shapes = at.shapes,
                          .weight = [&](const std::string& name) { return at.weight(name); }});
}

std::string expression(const Mix&, const Place& at) {
    throw Error(ErrorKind::invalid_input,
                "TorchScript cannot express a supernet's mix; export one of its sub-networks",
                at.node);
}

// The statements of a node; the others compute one expression.
template <typename OneExpression>
std::vector<std::string> statements(const OneExpression& op, const Place& at) {
    return {at.output + " = " + expression(op, at)};
}

std::vector<std::string> statements(const Recurrent& op, const Place& at) {
    std::vector<std::string> weights;
    for (const std::string suffix : {"", "_reverse"}) {
        if (!suffix.empty() && !op.bidirectional)
            break;
        for (const char* name : {"input_weight", "hidden_weight", "input_bias", "hidden_bias"})
            weights.push_back(at.weight(name + suffix));
    }
    const std::string& v = at.output;
    const std::string start = fmt::format(
        "{0}_start = torch.zeros([{1}, {2}.size(0), {3}], dtype={2}.dtype, device={2}.device)",
        v,
        op.bidirectional ? 2 : 1,
        at.in(),
        op.hidden);
    const std::string rest =
        fmt::format("{}, True, 1, 0.0, False, {}, True)", list(weights), truth(op.bidirectional));
    if (op.kind == RecurrentKind::gru)
        return {start,
                fmt::format("{0}, {0}_state = torch.gru({1}, {0}_start, {2}", v, at.in(), rest)};
    return {start,
            fmt::format("{0}, {0}_state, {0}_cell = torch.lstm({1}, [{0}_start, {0}_start], {2}",
                        v,
                        at.in(),
                        rest)};
}

// As in graph_layers.cpp: the batch's graphs become one.
std::vector<std::string> statements(const MessagePassing& op, const Place& at) {
    const std::string& v = at.output;
    const std::string weight = at.weight("weight");
    std::vector<std::string> lines;
    const auto line = [&](std::string_view format, const auto&... arguments) {
        lines.push_back(fmt::format(fmt::runtime(format), fmt::arg("v", v), arguments...));
    };
    const auto sum_of = [&](const std::string& messages) {
        return fmt::format("torch.index_add(torch.zeros_like({0}), 0, {1}_to, {2})",
                           op.kind == MessageKind::gcn || op.kind == MessageKind::gat ||
                                   op.kind == MessageKind::arma
                               ? v + "_hidden"
                               : v + "_nodes",
                           v,
                           messages);
    };
    const std::string degree = fmt::format(
        "torch.index_add(torch.zeros_like({0}_nodes[:, 0]), 0, {0}_to, "
        "torch.ones_like({0}_nodes[:, 0].index_select(0, {0}_to)))",
        v);

    line("{v}_first = torch.arange({x}.size(0), device={x}.device) * {x}.size(1)",
         fmt::arg("x", at.in()));
    line("{v}_edges = {edges} + {v}_first.reshape([-1, 1, 1])", fmt::arg("edges", at.inputs[1]));
    line("{v}_nodes = {x}.reshape([-1, {x}.size(2)])", fmt::arg("x", at.in()));
    line("{v}_from = {v}_edges.select(1, 0).reshape([-1])");
    line("{v}_to = {v}_edges.select(1, 1).reshape([-1])");
    if (op.kind == MessageKind::gcn || op.kind == MessageKind::gat)
        line("{v}_hidden = torch.linear({v}_nodes, {w})", fmt::arg("w", weight));
    switch (op.kind) {
        case MessageKind::gcn:
            line("{v}_scale = torch.rsqrt({degree} + 1.0).unsqueeze(1)",
                 fmt::arg("degree", degree));
            line("{v}_scaled = {v}_hidden * {v}_scale");
            line("{v}_out = ({sum} + {v}_scaled) * {v}_scale",
                 fmt::arg("sum", sum_of(v + "_scaled.index_select(0, " + v + "_from)")));
            break;
        case MessageKind::sage:
            line("{v}_mean = {sum} / torch.clamp_min({degree}, 1.0).unsqueeze(1)",
                 fmt::arg("sum", sum_of(v + "_nodes.index_select(0, " + v + "_from)")),
                 fmt::arg("degree", degree));
            line("{v}_out = torch.linear({v}_nodes, {w}) + torch.linear({v}_mean, {u})",
                 fmt::arg("w", weight),
                 fmt::arg("u", at.weight("neighbour_weight")));
            break;
        case MessageKind::gat:
            line("{v}_from_score = torch.mv({v}_hidden, {w})",
                 fmt::arg("w", at.weight("from_weight")));
            line("{v}_to_score = torch.mv({v}_hidden, {w})", fmt::arg("w", at.weight("to_weight")));
            line("{v}_own = torch.leaky_relu({v}_from_score + {v}_to_score, 0.2)");
            line(
                "{v}_score = torch.leaky_relu({v}_from_score.index_select(0, {v}_from) + "
                "{v}_to_score.index_select(0, {v}_to), 0.2)");
            line("{v}_relative = {v}_score - {v}_own.index_select(0, {v}_to)");
            line("{v}_share = torch.exp(torch.clamp_max({v}_relative, 60.0))");
            line("{v}_total = torch.index_add(torch.ones_like({v}_own), 0, {v}_to, {v}_share)");
            line("{v}_out = ({sum} + {v}_hidden) / {v}_total.unsqueeze(1)",
                 fmt::arg("sum",
                          sum_of(v + "_hidden.index_select(0, " + v + "_from) * " + v +
                                 "_share.unsqueeze(1)")));
            break;
        case MessageKind::cheb:
        case MessageKind::arma: {
            const bool arma = op.kind == MessageKind::arma;
            if (arma)
                line("{v}_hidden = torch.linear({v}_nodes, {u})",
                     fmt::arg("u", at.weight("neighbour_weight")));
            line("{v}_scale = torch.rsqrt(torch.clamp_min({degree}, 1.0)).unsqueeze(1)",
                 fmt::arg("degree", degree));
            line("{v}_scaled = {v}_{what} * {v}_scale",
                 fmt::arg("what", arma ? "hidden" : "nodes"));
            line("{v}_sums = {sum} * {v}_scale",
                 fmt::arg("sum", sum_of(v + "_scaled.index_select(0, " + v + "_from)")));
            if (arma)
                line("{v}_out = torch.linear({v}_nodes, {w}) + {v}_sums", fmt::arg("w", weight));
            else
                line("{v}_out = torch.linear({v}_nodes, {w}) - torch.linear({v}_sums, {u})",
                     fmt::arg("w", weight),
                     fmt::arg("u", at.weight("neighbour_weight")));
            break;
        }
        case MessageKind::graph:
            line("{v}_out = torch.linear({v}_nodes, {w}) + torch.linear({sum}, {u})",
                 fmt::arg("w", weight),
                 fmt::arg("sum", sum_of(v + "_nodes.index_select(0, " + v + "_from)")),
                 fmt::arg("u", at.weight("neighbour_weight")));
            break;
        case MessageKind::gin:
            line("{v}_out = torch.linear({v}_nodes + {sum}, {w})",
                 fmt::arg("sum", sum_of(v + "_nodes.index_select(0, " + v + "_from)")),
                 fmt::arg("w", weight));
            break;
    }
    const std::string biased = fmt::format("{}_out + {}", v, at.weight("bias"));
    line("{v} = ({biased}).reshape([{x}.size(0), {x}.size(1), {out}])",
         fmt::arg("biased", op.kind == MessageKind::arma ? "torch.relu(" + biased + ")" : biased),
         fmt::arg("x", at.in()),
         fmt::arg("out", op.out));
    return lines;
}

// "input0" for inputs, "v0" for nodes: as ValueId counts.
std::string variable(const Network& network, ValueId id) {
    const auto inputs = static_cast<ValueId>(network.inputs.size());
    return id < inputs ? fmt::format("input{}", id) : fmt::format("v{}", id - inputs);
}

std::vector<std::string> variables(const Network& network, std::span<const ValueId> ids) {
    std::vector<std::string> names;
    for (const ValueId id : ids)
        names.push_back(variable(network, id));
    return names;
}

}  // namespace

Attributes make_attributes(const std::set<std::string>& weight_names) {
    Attributes attributes;
    std::set<std::string> taken;
    for (const std::string& name : weight_names) {
        std::string attribute;
        for (const char c : name)
            attribute += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
        if (std::isdigit(static_cast<unsigned char>(attribute.front())) != 0)
            attribute.insert(0, "n");
        while (!taken.insert(attribute).second)
            attribute += "_";
        attributes.emplace(name, attribute);
    }
    return attributes;
}

std::string torchscript_source(const Network& network, const Attributes& attributes) {
    const std::vector<Shape> shapes = infer_shapes(network);
    std::string source = "def forward(self";
    for (std::size_t i = 0; i < network.inputs.size(); ++i)
        source += fmt::format(", {}: Tensor", variable(network, static_cast<ValueId>(i)));
    source += "):\n";
    if (const auto mean = attributes.find(kInputMean); mean != attributes.end())
        source += fmt::format("    {0} = ({0} - self.{1}) / self.{2}\n",
                              variable(network, 0),
                              mean->second,
                              attributes.at(kInputDeviation));
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        std::vector<Shape> input_shapes;
        for (const ValueId id : node.inputs)
            input_shapes.push_back(shapes[static_cast<std::size_t>(id)]);
        const Place place{.node = node.name,
                          .inputs = variables(network, node.inputs),
                          .shapes = input_shapes,
                          .output_shape = shapes[static_cast<std::size_t>(network.id_of(i))],
                          .output = variable(network, network.id_of(i)),
                          .attributes = attributes};
        for (const std::string& statement :
             std::visit([&](const auto& op) { return statements(op, place); }, node.op))
            source += "    " + statement + "\n";
    }
    source += fmt::format("    return {}\n", fmt::join(variables(network, network.outputs), ", "));
    return source;
}

}  // namespace parnas::evaluators
