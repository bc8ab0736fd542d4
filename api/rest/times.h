// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/trial.h"

namespace parnas::rest {

// "2026-11-21T00:10:43.206Z" (RFC 3339), and back. What is below a millisecond is cut off. Throws
// Error(invalid_input).
std::string to_rfc3339(TimePoint time);
TimePoint from_rfc3339(std::string_view text);

}  // namespace parnas::rest
