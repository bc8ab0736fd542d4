// SPDX-License-Identifier: Apache-2.0
#include "search/acquisition/shortfall.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace parnas::search {
namespace {

constexpr double kNoChance = std::numeric_limits<double>::infinity();

// From here on up, in standard deviations, nothing of the normal distribution is left that a
// double would show beside 1; from kLow on down its tail is given by its series.
constexpr double kHigh = 8.5;
constexpr double kLow = -30.0;

double density(double z) {
    return std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}

double probability_below(double z) {
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

Shortfall known_exactly(double gap) {
    return gap > 0.0 ? Shortfall{.value = gap, .by_mean = -1.0} : Shortfall{};
}

}  // namespace

Shortfall expected_shortfall(double level, double mean, double stddev) {
    const double gap = level - mean;
    if (std::isinf(gap) || gap >= kHigh * stddev)
        return known_exactly(gap);
    const double z = gap / stddev;
    const double pdf = density(z);
    const double cdf = probability_below(z);
    return {.value = std::fma(gap, cdf, stddev * pdf), .by_mean = -cdf, .by_stddev = pdf};
}

Shortfall log_expected_shortfall(double level, double mean, double stddev) {
    const double gap = level - mean;
    if (std::isinf(gap) || stddev == 0.0 || gap >= kLow * stddev) {
        const Shortfall plain = expected_shortfall(level, mean, stddev);
        if (plain.value <= 0.0)
            return {.value = -kNoChance};
        return {.value = std::log(plain.value),
                .by_mean = plain.by_mean / plain.value,
                .by_stddev = plain.by_stddev / plain.value};
    }
    // The asymptotic series of the tail, with u = 1 / z^2:
    //   Phi(z) = pdf(z) / |z| (1 - u + 3 u^2 - 15 u^3 + ...)
    //   psi = stddev pdf(z) / z^2 (1 - 3 u + 15 u^2 - 105 u^3 + ...)
    const double z = gap / stddev;
    const double u = 1.0 / (z * z);
    const double tail =
        1.0 - u * (1.0 - u * (3.0 - u * (15.0 - u * (105.0 - u * (945.0 - u * 10395.0)))));
    const double psi =
        1.0 - u * (3.0 - u * (15.0 - u * (105.0 - u * (945.0 - u * (10395.0 - u * 135135.0)))));
    constexpr double kLogSqrt2Pi = 0.91893853320467274178;
    return {.value = -0.5 * z * z - kLogSqrt2Pi + std::log(stddev * u * psi),
            .by_mean = z * tail / (psi * stddev),
            .by_stddev = z * z / (psi * stddev)};
}

}  // namespace parnas::search
