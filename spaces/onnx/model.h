// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "spaces/network.h"

// An ONNX model as plain values. Only model.cpp sees protobuf.
namespace parnas::spaces::onnx {

using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>>;
using Attributes = std::vector<std::pair<std::string, Attribute>>;

struct Operator {
    std::string type;                 // of ONNX's own domain: "Conv"
    std::vector<std::string> inputs;  // names of values; empty: an optional input that is not there
    std::string output;               // name of the value, and of the operator
    Attributes attributes;
};

struct Constant {
    std::string name;
    std::vector<std::int64_t> shape;                                     // {}: a scalar
    std::variant<std::vector<float>, std::vector<std::int64_t>> values;  // row-major
};

// What goes in or out.
struct Port {
    std::string name;
    DType dtype = DType::fp32;                                   // fp32 or int64
    std::vector<std::variant<std::int64_t, std::string>> shape;  // a size, or a dimension's name
};

struct Model {
    int opset = 10;
    std::vector<Port> inputs;
    std::vector<Port> outputs;
    std::vector<Operator> operators;  // topological order
    std::vector<Constant> constants;
    std::map<std::string, std::string> metadata;
};

// The bytes of an .onnx file, deterministic. The model was checked by the ONNX checker, and its
// declared shapes against those that ONNX infers. Throws Error(invalid_input) if it would have
// more than 2 GiB, Error(internal) if the checker refuses it.
std::string to_bytes(const Model& model);

// What adds metadata to a model when it is put after its bytes: protobuf joins such parts.
std::string metadata_bytes(const std::map<std::string, std::string>& metadata);

}  // namespace parnas::spaces::onnx
