// SPDX-License-Identifier: Apache-2.0
#include "bench/summary.h"

#include <cmath>
#include <numeric>

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

}  // namespace parnas::bench
