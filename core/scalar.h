// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "core/json.h"

namespace parnas {

// What a user writes as one value: nothing, a truth value, a number or a text.
using Scalar = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

// Values by parameter name: what a decoded genotype says outside of the network.
using Assignment = std::map<std::string, Scalar, std::less<>>;

// Equal means same type and same value; 1 and 1.0 differ.
std::string to_string(const Scalar& scalar);
Json to_json(const Scalar& scalar);
// Throws Error(invalid_input) for an array or object.
Scalar scalar_from_json(const Json& json);

}  // namespace parnas
