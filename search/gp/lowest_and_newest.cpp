// SPDX-License-Identifier: Apache-2.0
#include "search/gp/lowest_and_newest.h"

#include <algorithm>
#include <numeric>

namespace parnas::search {

std::vector<std::size_t> lowest_and_newest(std::span<const double> values, std::size_t most) {
    std::vector<std::size_t> chosen(values.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    if (chosen.size() <= most)
        return chosen;
    const auto newest = chosen.end() - static_cast<std::ptrdiff_t>(most / 2);
    std::ranges::stable_sort(chosen.begin(), newest, {}, [&](std::size_t i) { return values[i]; });
    chosen.erase(chosen.begin() + static_cast<std::ptrdiff_t>(most - most / 2), newest);
    std::ranges::sort(chosen);
    return chosen;
}

}  // namespace parnas::search
