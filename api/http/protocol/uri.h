// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/headers.h"

namespace parnas::http {

// Whether the bytes are UTF-8 without overlong forms and surrogates.
bool is_utf8(std::string_view text);

// "%41b" as "Ab". Nothing if a % is not followed by two hexadecimal digits, or if the result is
// not UTF-8 or has a NUL.
std::optional<std::string> percent_decode(std::string_view text);

// The decoded segments of "/v1/studies/a%20b": {"v1", "studies", "a b"}. Of a path that ends with
// a slash the last one is empty; "/" has none. Throws HttpError(400) on a segment that is "." or
// "..", or that has a slash, a backslash or a control character once decoded.
std::vector<std::string> path_segments(std::string_view path);

// "a=1&b=%20&c" as {a, 1}, {b, " "}, {c, ""}; a plus is a space. Throws HttpError(400).
std::vector<Field> parse_query(std::string_view query);

}  // namespace parnas::http
