// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "spaces/onnx/lower.h"

namespace parnas::spaces::onnx {
namespace {

// {batch, length, features} -> {batch, heads, length, features / heads}, or with `order` {0, 2, 3,
// 1} the transpose of its last two.
std::string split_heads(const std::string& x,
                        std::int64_t heads,
                        std::int64_t features,
                        std::vector<std::int64_t> order,
                        Graph& graph) {
    const std::string split =
        graph.add("Reshape", {x, graph.integers({0, 0, heads, features / heads})});
    return graph.add("Transpose", {split}, {{"perm", std::move(order)}});
}

// Scores {batch, heads, length, length of the context} without those of what comes later.
std::string without_future(const std::string& scores, Dim length, Dim context, Graph& graph) {
    constexpr float kLowest = std::numeric_limits<float>::lowest();
    if (length >= 0 && context >= 0) {
        std::vector<float> mask(static_cast<std::size_t>(length * context), 0.0F);
        for (std::int64_t row = 0; row < length; ++row)
            for (std::int64_t column = row + 1; column < context; ++column)
                mask[static_cast<std::size_t>(row * context + column)] = kLowest;
        return graph.add("Add", {scores, graph.tensor("mask", {length, context}, std::move(mask))});
    }
    // 1 where a score is: above the diagonal these stay, and become the lowest number.
    const std::string ones = clip(scores, 1.0F, 1.0F, graph);
    const std::string future =
        graph.add("Trilu", {ones, graph.integer(1)}, {{"upper", std::int64_t{1}}});
    return graph.add("Add", {scores, graph.add("Mul", {future, graph.number(kLowest)})});
}

// The gates' rows of a weight {gates * hidden, columns}, in the order that ONNX has them.
void append_gates(std::vector<float>& to,
                  const std::vector<float>& from,
                  std::span<const std::size_t> order) {
    const auto size = static_cast<std::ptrdiff_t>(from.size() / order.size());
    for (const std::size_t gate : order) {
        const auto begin = from.begin() + static_cast<std::ptrdiff_t>(gate) * size;
        to.insert(to.end(), begin, begin + size);
    }
}

// States of zeros, as there would be without, but OpenCV 4.6 wants them of a GRU.
void add_start(std::vector<std::string>& inputs,
               const std::vector<std::int64_t>& shape,
               Graph& graph) {
    const std::int64_t size = shape[0] * shape[1] * shape[2];
    inputs.push_back("");  // lengths of sequences
    inputs.push_back(
        graph.tensor("start", shape, std::vector<float>(static_cast<std::size_t>(size), 0.0F)));
}

}  // namespace

std::string lower(const Attention& op, const Place& at) {
    Graph& graph = at.graph;
    const std::int64_t features = at.shapes[0][1];
    const auto projected = [&](const std::string& x, const std::string& name) {
        return project(
            x,
            {.weight = name + "_weight", .bias = name + "_bias", .in = features, .out = features},
            graph);
    };
    const std::string& context = at.inputs.back();
    const auto scale =
        static_cast<float>(1.0 / std::sqrt(static_cast<double>(features / op.heads)));
    // Queries are scaled, not scores: OpenCV 4.6 loses a factor after a product of two values.
    const std::string query =
        split_heads(graph.add("Mul", {projected(at.in(), "query"), graph.number(scale)}),
                    op.heads,
                    features,
                    {0, 2, 1, 3},
                    graph);
    const std::string key =
        split_heads(projected(context, "key"), op.heads, features, {0, 2, 3, 1}, graph);
    const std::string value =
        split_heads(projected(context, "value"), op.heads, features, {0, 2, 1, 3}, graph);
    std::string scores = graph.add("MatMul", {query, key});
    if (op.causal)
        scores = without_future(scores, at.shapes[0][0], at.shapes.back()[0], graph);
    const std::string shares = graph.add("Softmax", {scores}, {{"axis", std::int64_t{3}}});
    const std::string mixed = graph.add("Transpose",
                                        {graph.add("MatMul", {shares, value})},
                                        {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
    return projected(graph.add("Reshape", {mixed, graph.integers({0, 0, features})}), "output");
}

std::string lower(const Recurrent& op, const Place& at) {
    Graph& graph = at.graph;
    const bool lstm = op.kind == RecurrentKind::lstm;
    // Weights are stored as in PyTorch: input, forget, cell, output; reset, update, new. ONNX has
    // input, output, forget, cell; update, reset, hidden.
    const std::vector<std::size_t> order =
        lstm ? std::vector<std::size_t>{0, 3, 1, 2} : std::vector<std::size_t>{1, 0, 2};
    const auto gates = static_cast<std::int64_t>(order.size());
    const std::int64_t in = at.shapes[0][1];
    const std::int64_t directions = op.bidirectional ? 2 : 1;
    std::vector<float> input, hidden, bias;
    for (const std::string suffix : {"", "_reverse"}) {
        if (!suffix.empty() && !op.bidirectional)
            break;
        const auto append = [&](std::vector<float>& to,
                                const std::string& name,
                                const std::vector<std::int64_t>& shape,
                                WeightRole role) {
            append_gates(to, graph.weight_values(name + suffix, shape, role), order);
        };
        append(input, "input_weight", {gates * op.hidden, in}, WeightRole::kernel);
        append(hidden, "hidden_weight", {gates * op.hidden, op.hidden}, WeightRole::kernel);
        append(bias, "input_bias", {gates * op.hidden}, WeightRole::bias);
        append(bias, "hidden_bias", {gates * op.hidden}, WeightRole::bias);
    }
    std::vector<std::string> inputs{
        graph.add("Transpose", {at.in()}, {{"perm", std::vector<std::int64_t>{1, 0, 2}}}),
        graph.tensor("input_weight", {directions, gates * op.hidden, in}, std::move(input)),
        graph.tensor(
            "hidden_weight", {directions, gates * op.hidden, op.hidden}, std::move(hidden)),
        graph.tensor("bias", {directions, 2 * gates * op.hidden}, std::move(bias))};
    Attributes attributes{
        {"hidden_size", op.hidden},
        {"direction", std::string(op.bidirectional ? "bidirectional" : "forward")}};
    if (!lstm) {
        attributes.emplace_back("linear_before_reset", std::int64_t{1});
        if (at.batch)
            add_start(inputs, {directions, *at.batch, op.hidden}, graph);
    }
    // {length, directions, batch, hidden}
    const std::string states = graph.add(lstm ? "LSTM" : "GRU", inputs, std::move(attributes));
    const std::string ordered =
        graph.add("Transpose", {states}, {{"perm", std::vector<std::int64_t>{2, 0, 1, 3}}});
    return graph.add("Reshape", {ordered, graph.integers({0, 0, directions * op.hidden})});
}

}  // namespace parnas::spaces::onnx
