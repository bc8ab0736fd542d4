// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spaces/network.h"

namespace parnas::spaces {

// The output shape of one op. Throws Error(invalid_input) that says what was expected and
// found; a custom op needs its definition.
Shape infer_shape(const Op& op, std::span<const Shape> inputs);

// Throws Error(invalid_input) if a dimension is 0 or a value of this shape is too large.
void check_shape(const Shape& shape);

// One shape per value (inputs, then nodes). Checks the whole network: topological order,
// number of inputs, shapes. Throws Error(invalid_input), its place the node's name.
std::vector<Shape> infer_shapes(const Network& network);

// As infer_shapes(), but nobody keeps the shapes: `visit` sees those of each node, in order.
using ShapeVisitor =
    std::function<void(std::size_t node, std::span<const Shape> inputs, const Shape& output)>;
void visit_shapes(const Network& network, const ShapeVisitor& visit);

// As infer_shape() for a node whose inputs have these shapes, by value; nothing for a
// custom op without a definition, and for what depends on one.
std::optional<Shape> infer_known_shape(const Node& node,
                                       std::span<const std::optional<Shape>> values);

// "3x32x32"; a symbol by its name.
std::string to_string(const Shape& shape, std::span<const std::string> symbols = {});

}  // namespace parnas::spaces
