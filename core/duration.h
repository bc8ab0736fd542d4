// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "core/object_reader.h"
#include "core/trial.h"

namespace parnas {

// "90", "90s", "10min", "1.5h", "2d" in seconds. Throws Error(invalid_input).
Seconds seconds_from_string(std::string_view text);

// A number of seconds or a text like "10min", above 0. Nothing if the key is missing, or
// after a fault.
std::optional<Seconds> read_seconds(ObjectReader& reader, std::string_view key);

}  // namespace parnas
