// SPDX-License-Identifier: Apache-2.0
#include "spaces/shapes.h"

#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::spaces {
namespace {

void expect_values(std::span<const ValueId> ids, std::size_t count) {
    for (const ValueId id : ids)
        if (id < 0 || std::cmp_greater_equal(id, count))
            throw Error(ErrorKind::invalid_input, fmt::format("there is no earlier value {}", id));
}

// `buffer` takes the inputs' shapes where they do not lie side by side.
Shape node_shape(const Node& node,
                 std::span<const Shape> values,
                 const OpRegistry* ops,
                 std::vector<Shape>& buffer) {
    expect_values(node.inputs, values.size());
    if (node.inputs.size() == 1)
        return infer_shape(
            node.op, values.subspan(static_cast<std::size_t>(node.inputs[0]), 1), ops);
    buffer.resize(node.inputs.size());  // keeps the memory of shapes
    for (std::size_t i = 0; i < buffer.size(); ++i)
        buffer[i] = values[static_cast<std::size_t>(node.inputs[i])];
    return infer_shape(node.op, buffer, ops);
}

}  // namespace

std::vector<Shape> infer_shapes(const Network& network, const OpRegistry* ops) {
    std::vector<Shape> shapes;
    shapes.reserve(network.inputs.size() + network.nodes.size());
    std::vector<Shape> buffer;
    std::string_view place;
    try {
        for (const Input& input : network.inputs) {
            place = input.name;
            check_shape(input.shape);
            shapes.push_back(input.shape);
        }
        for (const Node& node : network.nodes) {
            place = node.name;
            shapes.push_back(node_shape(node, shapes, ops, buffer));
        }
        place = "outputs";
        expect_values(network.outputs, shapes.size());
    } catch (const Error& error) {
        throw Error(error.kind(), error.what(), std::string(place));
    }
    return shapes;
}

std::optional<Shape> infer_known_shape(const Node& node,
                                       std::span<const std::optional<Shape>> values) {
    if (std::holds_alternative<Custom>(node.op))
        return std::nullopt;
    std::vector<Shape> inputs;
    for (const ValueId id : node.inputs) {
        const std::optional<Shape>& shape = values[static_cast<std::size_t>(id)];
        if (!shape)
            return std::nullopt;
        inputs.push_back(*shape);
    }
    return infer_shape(node.op, inputs);
}

std::string to_string(const Shape& shape, std::span<const std::string> symbols) {
    std::string text;
    for (const Dim dim : shape) {
        if (!text.empty())
            text += 'x';
        const auto symbol = static_cast<std::size_t>(-1 - dim);
        if (dim >= 0)
            text += std::to_string(dim);
        else if (symbol < symbols.size())
            text += symbols[symbol];
        else
            text += '?';
    }
    return text.empty() ? "scalar" : text;
}

}  // namespace parnas::spaces
