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

// The shapes of all values so far, side by side: a batch of networks has a hundred values each,
// and an allocation for each of them took a third of the time of counting.
class ShapeStore {
  public:
    std::size_t size() const { return ends_.size(); }

    void push_back(const Shape& shape) {
        dims_.insert(dims_.end(), shape.begin(), shape.end());
        ends_.push_back(dims_.size());
    }

    // Valid until the next call.
    std::span<const Shape> gather(std::span<const ValueId> ids) {
        if (gathered_.size() < ids.size())
            gathered_.resize(ids.size());
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const auto value = static_cast<std::size_t>(ids[i]);
            const std::size_t begin = value == 0 ? 0 : ends_[value - 1];
            gathered_[i].assign(dims_.begin() + static_cast<std::ptrdiff_t>(begin),
                                dims_.begin() + static_cast<std::ptrdiff_t>(ends_[value]));
        }
        return {gathered_.data(), ids.size()};
    }

  private:
    std::vector<Dim> dims_;
    std::vector<std::size_t> ends_;  // by value, in dims_
    std::vector<Shape> gathered_;    // keeps the memory of shapes
};

}  // namespace

void visit_shapes(const Network& network, const ShapeVisitor& visit) {
    ShapeStore shapes;
    std::string_view place;
    try {
        for (const Input& input : network.inputs) {
            place = input.name;
            check_shape(input.shape);
            shapes.push_back(input.shape);
        }
        for (std::size_t i = 0; i < network.nodes.size(); ++i) {
            const Node& node = network.nodes[i];
            place = node.name;
            expect_values(node.inputs, shapes.size());
            const std::span<const Shape> inputs = shapes.gather(node.inputs);
            const Shape output = infer_shape(node.op, inputs);
            visit(i, inputs, output);
            shapes.push_back(output);
        }
        place = "outputs";
        expect_values(network.outputs, shapes.size());
    } catch (const Error& error) {
        throw Error(error.kind(), error.what(), std::string(place));
    }
}

std::vector<Shape> infer_shapes(const Network& network) {
    std::vector<Shape> shapes;
    shapes.reserve(network.inputs.size() + network.nodes.size());
    for (const Input& input : network.inputs)
        shapes.push_back(input.shape);
    visit_shapes(network, [&](std::size_t, std::span<const Shape>, const Shape& output) {
        shapes.push_back(output);
    });
    return shapes;
}

std::optional<Shape> infer_known_shape(const Node& node,
                                       std::span<const std::optional<Shape>> values) {
    if (const auto* custom = std::get_if<Custom>(&node.op);
        custom != nullptr && custom->definition == nullptr)
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
