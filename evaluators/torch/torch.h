// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one way by which LibTorch comes in. Clang 14 rejects LibTorch 1.13 in C++20 unless
// ivalue.h comes first (pytorch#97689).
// clang-format off
#include <ATen/core/ivalue.h>
#include <ATen/ATen.h>
// clang-format on
