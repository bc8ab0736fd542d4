// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace parnas {

// Keeps the order of keys, which is the order of parameters in a space document.
using Json = nlohmann::ordered_json;

// Strict JSON: duplicate keys, nesting deeper than 64 and trailing text are faults.
// Throws Error(invalid_input) with the byte offset. `where` names the source.
Json parse_json(std::string_view text, std::string where);

// Compact text; non-finite numbers become the strings "NaN", "Infinity", "-Infinity".
std::string dump_json(const Json& json);

// "object", "array", "text", "integer", ...: for messages.
std::string_view type_name(const Json& json);

// Appends an escaped reference token to a JSON pointer (RFC 6901).
std::string pointer_to(std::string_view parent, std::string_view key);
std::string pointer_to(std::string_view parent, std::size_t index);

}  // namespace parnas
