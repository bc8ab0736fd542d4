// SPDX-License-Identifier: Apache-2.0
#include "spaces/custom_op.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "spaces/domain_reader.h"

namespace parnas::spaces {
namespace {

Scalar read_attribute(const AttributeType& type, ObjectReader& attributes) {
    const Json* json = attributes.find(type.name);
    if (json == nullptr) {
        if (std::holds_alternative<std::monostate>(type.otherwise))
            attributes.fault("", fmt::format("'{}' is missing: {}", type.name, expectation(type)));
        return type.otherwise;
    }
    const auto value = read_scalar(*json, attributes.pointer(type.name), attributes.faults());
    if (value && !fits(type, *value))
        attributes.fault(
            type.name,
            fmt::format("expected {}, got {}", expectation(type), parnas::to_string(*value)));
    return value.value_or(Scalar());
}

}  // namespace

const CustomOp& definition_of(const Custom& op) {
    if (op.definition == nullptr)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("the operator '{}' is not known here: it comes with a plugin that "
                                "was not loaded (--plugins)",
                                op.type));
    return *op.definition;
}

Custom make_custom(std::shared_ptr<const CustomOp> definition, std::span<const Scalar> values) {
    const std::vector<AttributeType>& types = definition->layer.attributes;
    check(values.size() == types.size(), "an operator has a value for each of its attributes");
    Json attributes = Json::object();
    for (std::size_t i = 0; i < types.size(); ++i) {
        const auto* integer = std::get_if<std::int64_t>(&values[i]);
        if (types[i].kind == AttributeKind::real && integer != nullptr)
            attributes[types[i].name] = static_cast<double>(*integer);
        else
            attributes[types[i].name] = parnas::to_json(values[i]);
    }
    return {.type = definition->layer.name,
            .attributes = types.empty() ? std::string() : dump_json(attributes),
            .definition = std::move(definition)};
}

Custom read_custom(std::shared_ptr<const CustomOp> definition, ObjectReader& attributes) {
    std::vector<Scalar> values;
    for (const AttributeType& type : definition->layer.attributes)
        values.push_back(read_attribute(type, attributes));
    attributes.finish();
    return make_custom(std::move(definition), values);
}

}  // namespace parnas::spaces
