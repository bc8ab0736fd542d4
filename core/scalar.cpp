// SPDX-License-Identifier: Apache-2.0
#include "core/scalar.h"

#include <limits>
#include <type_traits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas {

std::string to_string(const Scalar& scalar) {
    if (const auto* text = std::get_if<std::string>(&scalar))
        return *text;
    const Json json = to_json(scalar);
    const std::string text = dump_json(json);  // keeps 1 and 1.0 apart
    return text.front() == '"' ? text.substr(1, text.size() - 2) : text;
}

Json to_json(const Scalar& scalar) {
    return std::visit(
        [](const auto& value) -> Json {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
                return nullptr;
            else
                return value;
        },
        scalar);
}

Scalar scalar_from_json(const Json& json) {
    if (json.is_null())
        return std::monostate{};
    if (json.is_boolean())
        return json.get<bool>();
    if (json.is_string())
        return json.get<std::string>();
    if (json.is_number_float())
        return json.get<double>();
    constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > kLargest)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("the integer {} does not fit 64 bits", json.dump()));
    if (json.is_number_integer())
        return json.get<std::int64_t>();
    throw Error(ErrorKind::invalid_input,
                fmt::format("expected a single value, got an {}", type_name(json)));
}

}  // namespace parnas
