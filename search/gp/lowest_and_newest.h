// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace parnas::search {

// Which values a process learns from, as it cannot learn from many: all, or of more than `most`
// the lowest half and the newest half. Ascending indices.
std::vector<std::size_t> lowest_and_newest(std::span<const double> values, std::size_t most);

}  // namespace parnas::search
