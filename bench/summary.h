// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace parnas::bench {

// A sample's mean and spread.
struct Summary {
    double mean = 0.0;
    double stddev = 0.0;  // of the sample, divided by n - 1; 0 for a single value
    std::size_t count = 0;

    double standard_error() const;
};

// `values` has at least one.
Summary summarise(std::span<const double> values);

struct Quartiles {
    double q25 = 0.0;
    double median = 0.0;
    double q75 = 0.0;
};

// Linear between the values, as NumPy's. `values` has at least one.
Quartiles quartiles(std::span<const double> values);

}  // namespace parnas::bench
