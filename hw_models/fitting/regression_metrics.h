// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace parnas::hw_models {

// How well predictions meet what was measured. Shares and errors of relative size are of the
// measured value, which must be > 0.
struct RegressionMetrics {
    std::size_t count = 0;
    double within_1 = 0.0;  // share of predictions within 1 % of what was measured
    double within_5 = 0.0;
    double within_10 = 0.0;
    double mean_error = 0.0;  // MAPE: the mean of |predicted / measured - 1|
    double root_error = 0.0;  // RMSPE: the root of the mean of its square
    double spearman = 0.0;    // 0 where either side does not vary
    double kendall = 0.0;     // tau-b; likewise
};

// Sides of equal length, not empty. Quadratic, for Kendall's tau.
RegressionMetrics judge_predictions(std::span<const double> predicted,
                                    std::span<const double> measured);

// Share of the measured values that lie between the ends, which are included.
double coverage(std::span<const double> low,
                std::span<const double> high,
                std::span<const double> measured);

// The mean loss of predictions of a quantile (Koenker and Bassett, Econometrica 46, 1978): least
// where a share `quantile` of the measured values lies below.
double pinball(std::span<const double> predicted,
               std::span<const double> measured,
               double quantile);

}  // namespace parnas::hw_models
