// SPDX-License-Identifier: Apache-2.0
#include "bench/summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace parnas::bench {

double Summary::standard_error() const {
    return stddev / std::sqrt(static_cast<double>(count));
}

Summary summarise(std::span<const double> values) {
    check(!values.empty(), "a summary needs a value");
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double squares = 0.0;
    for (const double value : values)
        squares += (value - mean) * (value - mean);
    return {.mean = mean,
            .stddev = values.size() > 1 ? std::sqrt(squares / (count - 1.0)) : 0.0,
            .count = values.size()};
}

Quartiles quartiles(std::span<const double> values) {
    check(!values.empty(), "quartiles need a value");
    std::vector<double> sorted(values.begin(), values.end());
    std::ranges::sort(sorted);
    const auto at = [&sorted](double share) {
        const double place = share * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const std::size_t above = std::min(below + 1, sorted.size() - 1);
        return std::lerp(sorted[below], sorted[above], place - std::floor(place));
    };
    return {.q25 = at(0.25), .median = at(0.5), .q75 = at(0.75)};
}

}  // namespace parnas::bench
