// SPDX-License-Identifier: Apache-2.0
#include "api/rest/points.h"

#include <algorithm>

namespace parnas::rest {

std::vector<std::size_t> spread_points(std::size_t size, std::int64_t most) {
    const std::size_t count = std::min(size, static_cast<std::size_t>(most));
    std::vector<std::size_t> indices(count);
    for (std::size_t i = 0; i < count; ++i)
        indices[i] = count == size ? i : i * (size - 1) / (count - 1);
    return indices;
}

}  // namespace parnas::rest
