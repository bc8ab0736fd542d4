// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "spaces/network.h"
#include "spaces/onnx/graph.h"

namespace parnas::spaces::onnx {

inline constexpr float kNormEpsilon = 1e-5F;  // of all normalisations, as in training

// Where in a network a node is written.
struct Place {
    Graph& graph;
    std::vector<std::string> inputs;  // names of ONNX values, with a leading batch dimension
    std::vector<Shape> shapes;        // of the inputs, without it
    const Shape& output_shape;
    std::optional<std::int64_t> batch;  // none: any
    // A batch norm that follows and becomes part of the node's weights: its name.
    std::optional<std::string> norm;
    bool norm_affine = false;

    const std::string& in() const { return inputs[0]; }
};

// Writes a node, with the values of evaluators/torch in evaluation mode, and returns the name of
// its output. Throws Error(invalid_input) for what ONNX cannot say.
std::string lower(const Op& op, const Place& at);

// The same for ops with more than one step.
std::string lower(const Attention& op, const Place& at);
std::string lower(const Recurrent& op, const Place& at);
std::string lower(const MessagePassing& op, const Place& at);
std::string lower(const Norm& op, const Place& at);
std::string lower(const Activation& op, const Place& at);

// x W^T + b over the last dimension of a value with more than that and the batch; the node's
// weights {out, in} and {out}.
struct Projection {
    std::string weight;  // its name
    std::string bias;    // empty: none
    std::int64_t in = 1;
    std::int64_t out = 1;
};
std::string project(const std::string& x, const Projection& by, Graph& graph);

// {channels, 1, ...}: fits a batch of values with so many dimensions beside it.
std::vector<std::int64_t> per_channel(std::int64_t channels, std::size_t rank);

std::string clip(const std::string& value, float least, float most, Graph& graph);

// Zeros of the value's shape, if it is finite.
std::string zeros_like(const std::string& value, Graph& graph);

// `value` of shape `from` as `to`, beside the batch. Throws Error(invalid_input) if more than one
// dimension of `to` is unknown and not where it was.
std::string reshape(const std::string& value, const Shape& from, const Shape& to, Graph& graph);

}  // namespace parnas::spaces::onnx
