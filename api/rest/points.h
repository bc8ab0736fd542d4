// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parnas::rest {

// Indices of `size` points, ascending: all of them, or `most` that are evenly spaced, the first and
// the last among them. `most` >= 2.
std::vector<std::size_t> spread_points(std::size_t size, std::int64_t most);

}  // namespace parnas::rest
