// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/lower.h"

namespace parnas::spaces::onnx {
namespace {

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
