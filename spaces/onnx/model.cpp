// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/model.h"

#include <bit>
#include <cstring>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <limits>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <fmt/format.h>

#include "core/error.h"
#include "spaces/overloaded.h"

namespace parnas::spaces::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensor data is little-endian");

// The oldest file format that has the operators of the set (onnx/docs/Versioning.md).
std::int64_t ir_version(int opset) {
    if (opset < 12)
        return opset < 11 ? 5 : 6;
    return opset < 15 ? 7 : 8;
}

void set(::onnx::AttributeProto& to, const Attribute& attribute) {
    std::visit(Overloaded{
                   [&](std::int64_t value) {
                       to.set_type(::onnx::AttributeProto::INT);
                       to.set_i(value);
                   },
                   [&](float value) {
                       to.set_type(::onnx::AttributeProto::FLOAT);
                       to.set_f(value);
                   },
                   [&](const std::string& value) {
                       to.set_type(::onnx::AttributeProto::STRING);
                       to.set_s(value);
                   },
                   [&](const std::vector<std::int64_t>& values) {
                       to.set_type(::onnx::AttributeProto::INTS);
                       to.mutable_ints()->Add(values.begin(), values.end());
                   },
               },
               attribute);
}

void set(::onnx::NodeProto& to, const Operator& op) {
    to.set_op_type(op.type);
    to.set_name(op.output);
    for (const std::string& input : op.inputs)
        to.add_input(input);
    to.add_output(op.output);
    for (const auto& [name, value] : op.attributes) {
        ::onnx::AttributeProto& attribute = *to.add_attribute();
        attribute.set_name(name);
        set(attribute, value);
    }
}

void set(::onnx::TensorProto& to, const Constant& constant) {
    to.set_name(constant.name);
    to.mutable_dims()->Add(constant.shape.begin(), constant.shape.end());
    std::visit(
        [&]<typename T>(const std::vector<T>& values) {
            to.set_data_type(std::is_same_v<T, float> ? ::onnx::TensorProto::FLOAT
                                                      : ::onnx::TensorProto::INT64);
            to.set_raw_data(values.data(), values.size() * sizeof(T));
        },
        constant.values);
}

void set(::onnx::ValueInfoProto& to, const Port& port) {
    to.set_name(port.name);
    auto& type = *to.mutable_type()->mutable_tensor_type();
    type.set_elem_type(port.dtype == DType::int64 ? ::onnx::TensorProto::INT64
                                                  : ::onnx::TensorProto::FLOAT);
    auto& shape = *type.mutable_shape();
    for (const auto& size : port.shape) {
        auto& dimension = *shape.add_dim();
        if (const auto* number = std::get_if<std::int64_t>(&size))
            dimension.set_dim_value(*number);
        else
            dimension.set_dim_param(std::get<std::string>(size));
    }
}

void add_metadata(::onnx::ModelProto& proto, const std::map<std::string, std::string>& metadata) {
    for (const auto& [key, value] : metadata) {
        auto& entry = *proto.add_metadata_props();
        entry.set_key(key);
        entry.set_value(value);
    }
}

::onnx::ModelProto make_proto(const Model& model) {
    ::onnx::ModelProto proto;
    proto.set_ir_version(ir_version(model.opset));
    proto.set_producer_name("parnas");
    ::onnx::OperatorSetIdProto& opset = *proto.add_opset_import();
    opset.set_domain("");
    opset.set_version(model.opset);
    ::onnx::GraphProto& graph = *proto.mutable_graph();
    graph.set_name("network");
    for (const Port& port : model.inputs)
        set(*graph.add_input(), port);
    for (const Port& port : model.outputs)
        set(*graph.add_output(), port);
    for (const Operator& op : model.operators)
        set(*graph.add_node(), op);
    for (const Constant& constant : model.constants)
        set(*graph.add_initializer(), constant);
    add_metadata(proto, model.metadata);
    return proto;
}

// Throws Error(internal) unless ONNX accepts the model.
void check_model(::onnx::ModelProto& proto) {
    try {
        ::onnx::checker::check_model(proto);
        // Adds what it infers to the model, and throws where that is not what is declared.
        ::onnx::ShapeInferenceOptions options;
        options.check_type = true;
        options.error_mode = 1;
        ::onnx::shape_inference::InferShapes(proto, ::onnx::OpSchemaRegistry::Instance(), options);
        proto.mutable_graph()->clear_value_info();
    } catch (const std::exception& error) {
        throw Error(ErrorKind::internal,
                    fmt::format("the ONNX checker refuses the model: {}", error.what()));
    }
}

}  // namespace

std::string to_bytes(const Model& model) {
    ::onnx::ModelProto proto = make_proto(model);
    const std::size_t size = proto.ByteSizeLong();
    if (size > std::size_t{std::numeric_limits<int>::max()})
        throw Error(
            ErrorKind::invalid_input,
            fmt::format("an ONNX file has at most 2 GiB, this network needs {} bytes", size));
    check_model(proto);
    std::string bytes;
    {
        google::protobuf::io::StringOutputStream stream(&bytes);
        google::protobuf::io::CodedOutputStream coded(&stream);
        coded.SetSerializationDeterministic(true);
        if (!proto.SerializeToCodedStream(&coded))
            throw Error(ErrorKind::internal, "protobuf cannot write the model");
    }
    return bytes;
}

std::string metadata_bytes(const std::map<std::string, std::string>& metadata) {
    ::onnx::ModelProto proto;
    add_metadata(proto, metadata);
    return proto.SerializeAsString();
}

}  // namespace parnas::spaces::onnx
