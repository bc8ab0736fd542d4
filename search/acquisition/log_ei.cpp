// SPDX-License-Identifier: Apache-2.0
#include "search/acquisition/log_ei.h"

#include <cmath>
#include <numbers>

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

// (phi(z) + z Phi(z)) / phi(z), for z <= 0.
double improvement_ratio(double z) {
    if (z > kFar)
        return 1.0 + z * mills(z);
    double sum = 1.0;
    double term = 1.0;
    for (int k = 1; k <= kTerms; ++k)
        sum += term *= -(2.0 * k + 1.0) / (z * z);
    return sum / (z * z);
}

double probability(double z) {
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

}  // namespace

Acquired log_expected_improvement(double best, double mean, double stddev) {
    const double z = (best - mean) / stddev;
    double log_h = 0.0;             // of h = phi + z Phi
    double density_by_h = 0.0;      // phi / h
    double probability_by_h = 0.0;  // Phi / h
    if (z <= 0.0) {
        const double ratio = improvement_ratio(z);
        log_h = log_density(z) + std::log(ratio);
        density_by_h = 1.0 / ratio;
        probability_by_h = mills(z) / ratio;
    } else {
        const double density = std::exp(log_density(z));
        const double h = density + z * probability(z);
        log_h = std::log(h);
        density_by_h = density / h;
        probability_by_h = probability(z) / h;
    }
    return {.value = log_h + std::log(stddev),
            .by_mean = -probability_by_h / stddev,
            .by_stddev = density_by_h / stddev};
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
