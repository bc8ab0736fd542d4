// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/regression_metrics.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/rank_correlation.h"

namespace parnas::hw_models {

RegressionMetrics judge_predictions(std::span<const double> predicted,
                                    std::span<const double> measured) {
    check(predicted.size() == measured.size() && !measured.empty(),
          "predictions are judged by as many measurements");
    RegressionMetrics metrics{.count = measured.size()};
    const auto share = 1.0 / static_cast<double>(measured.size());
    for (std::size_t i = 0; i < measured.size(); ++i) {
        const double error = std::abs(predicted[i] / measured[i] - 1.0);
        metrics.within_1 += error <= 0.01 ? 1.0 : 0.0;
        metrics.within_5 += error <= 0.05 ? 1.0 : 0.0;
        metrics.within_10 += error <= 0.10 ? 1.0 : 0.0;
        metrics.mean_error += error * share;
        metrics.root_error += error * error * share;
    }
    // Counts until here: many shares of rounded size would make more than 1.
    for (double* within : {&metrics.within_1, &metrics.within_5, &metrics.within_10})
        *within /= static_cast<double>(measured.size());
    metrics.root_error = std::sqrt(metrics.root_error);
    metrics.spearman = spearman_rho(predicted, measured).value_or(0.0);
    metrics.kendall = kendall_tau(predicted, measured).value_or(0.0);
    return metrics;
}

double coverage(std::span<const double> low,
                std::span<const double> high,
                std::span<const double> measured) {
    check(low.size() == measured.size() && high.size() == measured.size() && !measured.empty(),
          "intervals are judged by as many measurements");
    std::size_t inside = 0;
    for (std::size_t i = 0; i < measured.size(); ++i)
        inside += low[i] <= measured[i] && measured[i] <= high[i] ? 1 : 0;
    return static_cast<double>(inside) / static_cast<double>(measured.size());
}

double pinball(std::span<const double> predicted,
               std::span<const double> measured,
               double quantile) {
    check(predicted.size() == measured.size() && !measured.empty(),
          "quantiles are judged by as many measurements");
    double sum = 0.0;
    for (std::size_t i = 0; i < measured.size(); ++i) {
        const double above = measured[i] - predicted[i];
        sum += std::max(quantile * above, (quantile - 1.0) * above);
    }
    return sum / static_cast<double>(measured.size());
}

}  // namespace parnas::hw_models
