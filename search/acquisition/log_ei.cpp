// SPDX-License-Identifier: Apache-2.0
#include "search/acquisition/log_ei.h"

#include <cmath>
#include <numbers>

#include "search/acquisition/shortfall.h"

namespace parnas::search {
namespace {

constexpr double kFar = -20.0;  // from here on series are exact
constexpr int kTerms = 10;

double log_density(double z) {
    return -0.5 * z * z - 0.5 * std::log(2.0 * std::numbers::pi);
}

// Phi(z) / phi(z), the inverse of Mills' ratio: for z <= 0.
double mills(double z) {
    if (z > kFar)
        return std::sqrt(0.5 * std::numbers::pi) * std::exp(0.5 * z * z) *
               std::erfc(-z / std::numbers::sqrt2);
    double sum = 1.0;
    double term = 1.0;
    for (int k = 1; k <= kTerms; ++k)
        sum += term *= -(2.0 * k - 1.0) / (z * z);
    return -sum / z;
}

double probability(double z) {
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

}  // namespace

Acquired log_expected_improvement(double best, double mean, double stddev) {
    const Shortfall log = log_expected_shortfall(best, mean, stddev);
    return {.value = log.value, .by_mean = log.by_mean, .by_stddev = log.by_stddev};
}

Acquired log_probability_below(double limit, double mean, double stddev) {
    const double z = (limit - mean) / stddev;
    double value = 0.0;
    double slope = 0.0;  // phi / Phi
    if (z <= 0.0) {
        value = log_density(z) + std::log(mills(z));
        slope = 1.0 / mills(z);
    } else {
        value = std::log1p(-probability(-z));
        slope = std::exp(log_density(z) - value);
    }
    return {.value = value, .by_mean = -slope / stddev, .by_stddev = -slope * z / stddev};
}

}  // namespace parnas::search
