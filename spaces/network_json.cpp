// SPDX-License-Identifier: Apache-2.0
#include "spaces/network_json.h"

#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "spaces/op_attributes.h"

namespace parnas::spaces {
namespace {

Json shape_to_json(const Shape& shape, const Network& network) {
    Json json = Json::array();
    for (const Dim dim : shape) {
        if (dim < 0)
            json.push_back(network.symbols.at(static_cast<std::size_t>(-1 - dim)));
        else
            json.push_back(dim);
    }
    return json;
}

template <typename Field>
Json field_to_json(const Field& field, const Network& network) {
    if constexpr (std::is_same_v<Field, Extent>)
        return field[0] == field[1] ? Json(field[0]) : Json(field);
    else if constexpr (std::is_same_v<Field, Shape>)
        return shape_to_json(field, network);
    else if constexpr (std::is_enum_v<Field>)
        return word_of(field);
    else
        return field;
}

void add_attributes(const Op& op, const Network& network, Json& json) {
    if (const auto* custom = std::get_if<Custom>(&op)) {
        json["type"] = custom->type;
        if (!custom->attributes.empty())
            json["attributes"] = parse_json(custom->attributes, custom->type);
        return;
    }
    const auto each_attribute = [&](const Op& from, const auto& visit) {
        std::visit([&](const auto& alternative) { visit_attributes(alternative, visit); }, from);
    };
    std::map<std::string, Json, std::less<>> defaults;
    each_attribute(*default_op(op_name(op)),
                   [&](std::string_view name, const auto& field, const auto&) {
                       defaults.emplace(name, field_to_json(field, network));
                   });
    each_attribute(op, [&](std::string_view name, const auto& field, const auto&) {
        Json value = field_to_json(field, network);
        if (value != defaults.find(name)->second)
            json[std::string(name)] = std::move(value);
    });
}

const std::string& name_of(const Network& network, ValueId id) {
    const auto value = static_cast<std::size_t>(id);
    const std::size_t first = network.inputs.size();
    return value < first ? network.inputs[value].name : network.nodes.at(value - first).name;
}

Json names_to_json(const Network& network, const std::vector<ValueId>& ids) {
    Json json = Json::array();
    for (const ValueId id : ids)
        json.push_back(name_of(network, id));
    return json;
}

Json node_to_json(const Network& network, const Node& node) {
    Json json = {{"name", node.name}, {"op", op_name(node.op)}};
    json["inputs"] = names_to_json(network, node.inputs);
    add_attributes(node.op, network, json);
    if (node.precision != DType::fp32)
        json["precision"] = word_of(node.precision);
    if (node.sparsity != 0.0F)
        json["sparsity"] = node.sparsity;
    return json;
}

}  // namespace

Json to_json(const Network& network) {
    Json json = Json::object();
    if (!network.symbols.empty())
        json["symbols"] = network.symbols;
    json["inputs"] = Json::array();
    for (const Input& input : network.inputs) {
        Json each = {{"name", input.name}, {"shape", shape_to_json(input.shape, network)}};
        if (input.dtype != DType::fp32)
            each["dtype"] = word_of(input.dtype);
        json["inputs"].push_back(std::move(each));
    }
    json["nodes"] = Json::array();
    for (const Node& node : network.nodes)
        json["nodes"].push_back(node_to_json(network, node));
    json["outputs"] = names_to_json(network, network.outputs);
    return json;
}

}  // namespace parnas::spaces
