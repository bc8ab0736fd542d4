// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parnas::rest {

// "Application/JSON; charset=utf-8" as "application/json".
std::string media_type(std::string_view content_type);

// Of `offered`, the first of those that an Accept header wants most (RFC 9110, section 12.5.1);
// nothing if it wants none of them. Parameters other than `q` are passed over, and so are ranges
// that are none.
std::optional<std::string> most_wanted(std::string_view accept,
                                       const std::vector<std::string>& offered);

}  // namespace parnas::rest
