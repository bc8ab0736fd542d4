// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/intervals.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace parnas::hw_models {
namespace {

constexpr double kExpectedSamples = 5.0;  // that the expectation counts as
// Of the normal quantile: the noise that is learned is wider than what outliers leave of it.
constexpr double kExpectedShare = 1.35 / 1.645;
constexpr double kLeast = 0.2;

// The two-sided quantile of the normal distribution, by bisection.
double normal_factor(double confidence) {
    double low = 0.0;
    double high = 40.0;
    for (int i = 0; i < 100; ++i) {
        const double middle = 0.5 * (low + high);
        (std::erf(middle / std::sqrt(2.0)) < confidence ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

}  // namespace

double interval_factor(const Eigen::VectorXd& studentised, double freedom, double confidence) {
    check(studentised.size() > 0 && confidence > 0.0 && confidence < 1.0,
          "an interval needs samples and a confidence below 1");
    Eigen::VectorXd scores = studentised.cwiseAbs();
    std::sort(scores.begin(), scores.end());
    const auto count = static_cast<double>(scores.size());
    const double place = std::clamp(std::ceil((count + 1.0) * confidence - 1e-9), 1.0, count);
    const double found = std::max(kLeast, scores[static_cast<Eigen::Index>(place) - 1]);
    const double free = std::clamp(freedom, 0.0, count);
    const double trust = free / (free + kExpectedSamples);
    const double expected = kExpectedShare * normal_factor(confidence);
    return std::exp(trust * std::log(found) + (1.0 - trust) * std::log(expected));
}

}  // namespace parnas::hw_models
