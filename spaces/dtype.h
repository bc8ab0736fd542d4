// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "spaces/network.h"

namespace parnas::spaces {

// Those that networks are computed in.
inline constexpr std::array kComputedTypes{DType::fp32, DType::fp16, DType::bf16, DType::int8};

// "fp32", "int8", ...
std::string_view to_string(DType type);
// Of one value.
std::int64_t byte_size(DType type);

}  // namespace parnas::spaces
