// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parnas {

// Bytes as text that may stand in a URI: base64 with '-' and '_', without padding (RFC 4648,
// section 5), and back. Nothing is decoded from what encoding would not have given.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace parnas
