// SPDX-License-Identifier: Apache-2.0
#include "spaces/layer_type.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "spaces/layer_library.h"

namespace parnas::spaces {

bool fits(const AttributeType& type, const Scalar& value) {
    const auto in_range = [&type](double number) {
        return number >= type.low && number <= type.high;
    };
    const auto* integer = std::get_if<std::int64_t>(&value);
    switch (type.kind) {
        case AttributeKind::integer:
            return integer != nullptr && in_range(static_cast<double>(*integer));
        case AttributeKind::real: {
            const auto* real = std::get_if<double>(&value);
            return (integer != nullptr && in_range(static_cast<double>(*integer))) ||
                   (real != nullptr && in_range(*real));
        }
        case AttributeKind::boolean:
            return std::holds_alternative<bool>(value);
        case AttributeKind::word:
            break;
    }
    const auto* word = std::get_if<std::string>(&value);
    return word != nullptr && std::ranges::find(type.words, *word) != type.words.end();
}

std::string expectation(const AttributeType& type) {
    switch (type.kind) {
        case AttributeKind::integer:
            return fmt::format("an integer from {} to {}", type.low, type.high);
        case AttributeKind::real:
            return fmt::format("a number from {} to {}", type.low, type.high);
        case AttributeKind::boolean:
            return "true or false";
        case AttributeKind::word:
            break;
    }
    return fmt::format("one of {}", fmt::join(type.words, ", "));
}

const Scalar& AttributeValues::find(std::string_view name) const {
    const auto found = std::ranges::find(types_, name, &AttributeType::name);
    check(found != types_.end(), "a layer asks for an attribute that it does not have");
    return values_[static_cast<std::size_t>(found - types_.begin())];
}

std::int64_t AttributeValues::integer(std::string_view name) const {
    return std::get<std::int64_t>(find(name));
}

double AttributeValues::real(std::string_view name) const {
    const Scalar& value = find(name);
    const auto* integer = std::get_if<std::int64_t>(&value);
    return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
}

bool AttributeValues::boolean(std::string_view name) const {
    return std::get<bool>(find(name));
}

const std::string& AttributeValues::word(std::string_view name) const {
    return std::get<std::string>(find(name));
}

const std::map<std::string, LayerType, std::less<>>& layer_types() {
    static const auto kTypes = [] {
        std::map<std::string, LayerType, std::less<>> types;
        for (auto& list : {basic_layers(), composite_layers()})
            for (const LayerType& type : list)
                types.emplace(type.name, type);
        return types;
    }();
    return kTypes;
}

}  // namespace parnas::spaces
