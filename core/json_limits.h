// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parnas {

// How large a JSON text from outside may be inside.
struct JsonLimits {
    std::size_t depth = 64;              // of objects and arrays in each other
    std::size_t string_bytes = 1 << 20;  // of a text or a key, as written
    std::size_t members = 100'000;       // of one object or array
    std::size_t values = 1'000'000;      // of all of them together
};

// The first limit that a text exceeds, as a sentence with the place; nothing if there is none.
// To be asked before the text is parsed, because what is parsed takes up to twenty times the
// memory. One pass; the text need not be JSON.
std::optional<std::string> find_excess(std::string_view text, const JsonLimits& limits);

}  // namespace parnas
