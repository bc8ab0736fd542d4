// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// System attributes of studies that a server sets; their values are JSON texts.
namespace parnas::service {

inline constexpr std::string_view kProjectAttribute = "parnas:project";

}  // namespace parnas::service
