// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/operator_example.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "spaces/count.h"
#include "spaces/network_builder.h"
#include "spaces/shapes.h"

namespace parnas::plugin {
namespace {

using spaces::AttributeKind;
using spaces::AttributeType;
using spaces::Shape;

// What an attribute may be that has no default.
Json some_value(const AttributeType& type) {
    const double number = std::clamp(8.0, type.low, type.high);
    switch (type.kind) {
        case AttributeKind::integer:
            return static_cast<std::int64_t>(number);
        case AttributeKind::real:
            return number;
        case AttributeKind::boolean:
            return false;
        case AttributeKind::word:
            break;
    }
    return type.words.empty() ? Json() : Json(type.words.front());
}

spaces::Custom with_example_attributes(const OperatorOffer& offer,
                                       const std::shared_ptr<const spaces::CustomOp>& op) {
    Json attributes = parse_json(offer.example_attributes, "example");
    if (attributes.is_object())
        for (const AttributeType& type : offer.layer.attributes)
            if (std::holds_alternative<std::monostate>(type.otherwise) &&
                !attributes.contains(type.name))
                attributes[type.name] = some_value(type);
    Faults faults;
    ObjectReader reader(attributes, "/example/attributes", faults);
    spaces::Custom custom = spaces::read_custom(op, reader);
    faults.throw_if_any();
    return custom;
}

spaces::Network network_of(const spaces::Custom& custom, const std::vector<Shape>& inputs) {
    spaces::NetworkBuilder builder;
    std::vector<spaces::ValueId> values;
    for (const Shape& shape : inputs)
        values.push_back(
            builder.add_input({.name = fmt::format("in{}", values.size()), .shape = shape}));
    builder.add_output(builder.add("node", custom, values));
    return builder.take();
}

}  // namespace

spaces::Network operator_example(const OperatorOffer& offer,
                                 const std::shared_ptr<const spaces::CustomOp>& op) {
    const spaces::Custom custom = with_example_attributes(offer, op);
    if (!offer.example_inputs.empty())
        return network_of(custom, offer.example_inputs);
    std::optional<Error> last;
    for (const Shape& shape : {Shape{8, 16, 16}, Shape{16, 8}, Shape{32}}) {
        try {
            return network_of(custom, std::vector<Shape>(offer.layer.least_inputs, shape));
        } catch (const Error& error) {
            last = error;
        }
    }
    throw Error(
        ErrorKind::invalid_input,
        fmt::format("it takes no image of 8x16x16, no sequence of 16x8 and no vector of 32; "
                    "its description can name an `example`; at last: {}",
                    last->what()));
}

std::string figures_text(const spaces::Network& network) {
    const spaces::Count count = spaces::count(network);
    return fmt::format("{}, {} multiply-adds, {} parameters, {} bytes read, {} written",
                       spaces::to_string(spaces::infer_shapes(network).back()),
                       count.multiply_adds,
                       count.parameters,
                       count.bytes_read,
                       count.bytes_written);
}

}  // namespace parnas::plugin
