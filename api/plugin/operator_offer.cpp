// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/operator_offer.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "evaluators/command/program.h"
#include "spaces/domain_reader.h"

namespace parnas::plugin {
namespace {

using spaces::AttributeKind;
using spaces::AttributeType;

constexpr std::size_t kMostDimensions = 8;
constexpr std::int64_t kMostInputs = 64;
constexpr double kMostNumber = 1e12;
// What every block of a document may have.
constexpr std::array<std::string_view, 4> kOfBlocks{"name", "from", "output", "params"};

bool is_identifier(std::string_view text) {
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

AttributeType read_attribute(ObjectReader& reader) {
    AttributeType type{.name = reader.text("name")};
    if (reader.has("name") && !is_identifier(type.name))
        reader.fault("name", "expected a-z, 0-9 and '_', a letter first");
    if (std::ranges::find(kOfBlocks, type.name) != kOfBlocks.end())
        reader.fault("name", "every block has this key already");
    type.kind =
        static_cast<AttributeKind>(reader.word("type", {"integer", "real", "boolean", "word"}));
    if (type.kind == AttributeKind::integer || type.kind == AttributeKind::real) {
        const Range<double> range{.low = -kMostNumber, .high = kMostNumber};
        type.low = reader.real("low", range);
        type.high = reader.real("high", range);
        if (type.low > type.high)
            reader.fault("low", "expected no more than `high`");
    } else if (type.kind == AttributeKind::word) {
        type.words = evaluators::read_texts(reader, "words", reader.need("words"));
    }
    if (const Json* json = reader.find("default")) {
        const auto value = spaces::read_scalar(*json, reader.pointer("default"), reader.faults());
        if (value && !spaces::fits(type, *value))
            reader.fault("default", fmt::format("expected {}", spaces::expectation(type)));
        type.otherwise = value.value_or(Scalar());
    }
    reader.finish();
    return type;
}

void read_attributes(ObjectReader& part, std::vector<AttributeType>& attributes) {
    const Json* list = part.find("attributes");
    if (list == nullptr)
        return;
    if (!list->is_array()) {
        part.fault("attributes", fmt::format("expected a list, got {}", type_name(*list)));
        return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string pointer = pointer_to(part.pointer("attributes"), i);
        ObjectReader reader((*list)[i], pointer, part.faults());
        AttributeType type = read_attribute(reader);
        if (std::ranges::find(attributes, type.name, &AttributeType::name) != attributes.end())
            reader.fault("name", fmt::format("there already is an attribute '{}'", type.name));
        attributes.push_back(std::move(type));
    }
}

void read_example(ObjectReader& part, OperatorOffer& offer) {
    const Json* json = part.find("example");
    if (json == nullptr)
        return;
    ObjectReader example(*json, part.pointer("example"), part.faults());
    if (const Json* attributes = example.find("attributes"))
        offer.example_attributes = dump_json(*attributes);
    const Json* inputs = example.need("inputs");
    if (inputs != nullptr && !inputs->is_array())
        example.fault("inputs", fmt::format("expected a list, got {}", type_name(*inputs)));
    else if (inputs != nullptr)
        for (std::size_t i = 0; i < inputs->size(); ++i)
            offer.example_inputs.push_back(
                read_shape((*inputs)[i], pointer_to(example.pointer("inputs"), i), part.faults()));
    example.finish();
}

}  // namespace

spaces::Shape read_shape(const Json& json, const std::string& pointer, Faults& faults) {
    spaces::Shape shape;
    const auto is_dimension = [](const Json& each) {
        return each.is_number_integer() &&
               (!each.is_number_unsigned() || each.get<std::uint64_t>() <= std::uint64_t{1} << 31U);
    };
    if (json.is_array() && !json.empty() && json.size() <= kMostDimensions &&
        std::ranges::all_of(json, is_dimension))
        for (const Json& each : json)
            shape.push_back(each.get<spaces::Dim>());
    else
        faults.add(pointer,
                   fmt::format("expected a list of 1 to {} integers, got {}",
                               kMostDimensions,
                               dump_json(json).substr(0, 100)));
    return shape;
}

OperatorOffer read_operator(ObjectReader& part, std::string name) {
    OperatorOffer offer;
    if (part.has("name") && !is_identifier(name.substr(0, name.find('@'))))
        part.fault("name", "expected a-z, 0-9 and '_', a letter first, and a version, my_layer@1");
    offer.layer.name = std::move(name);
    offer.layer.about = part.text("about", "");
    const auto least = part.integer("least_inputs", 1, {1, kMostInputs});
    const auto most = part.integer("most_inputs", least, {least, kMostInputs});
    offer.layer.least_inputs = static_cast<std::size_t>(least);
    offer.layer.most_inputs = static_cast<std::size_t>(most);
    read_attributes(part, offer.layer.attributes);
    read_example(part, offer);
    return offer;
}

}  // namespace parnas::plugin
