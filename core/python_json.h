// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace parnas {

// Python's json module writes NaN, Infinity and -Infinity where a number may stand, which is no
// JSON: outside of texts, these words are put into quotes.
std::string quote_python_numbers(std::string_view text);

}  // namespace parnas
