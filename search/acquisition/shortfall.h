// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::search {

// By how much a normal value Y stays below a level: psi = E[max(0, level - Y)], and how it
// changes with the mean and the standard deviation of Y. With a standard deviation of 0, Y is
// its mean.
struct Shortfall {
    double value = 0.0;
    double by_mean = 0.0;    // minus the probability that Y is below the level
    double by_stddev = 0.0;  // the density of (level - Y) / stddev at 0
};

// `level` may be infinitely low; stddev >= 0.
Shortfall expected_shortfall(double level, double mean, double stddev);

// The same for levels so far below the mean that the value is less than any double: its
// logarithm, minus infinity where there is no chance at all, and the derivatives of that.
Shortfall log_expected_shortfall(double level, double mean, double stddev);

}  // namespace parnas::search
