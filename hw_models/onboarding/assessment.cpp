// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/assessment.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <Eigen/Core>

#include "hw_models/fitting/fitted_model.h"
#include "hw_models/fitting/median.h"

namespace parnas::hw_models {
namespace {

constexpr double kEnds90 = 1.6448536269514722;  // both ends together leave a tenth
constexpr double kMostExtrapolated = 0.1;
constexpr std::int64_t kFewestMore = 2;

std::int64_t probes_that_may_suffice(const Assessment& assessment, double most_error) {
    const auto samples = static_cast<double>(assessment.samples);
    const double ratio = assessment.expected_error / most_error;
    const double wanted = std::min(samples * (ratio * ratio - 1.0), samples);
    return std::max(kFewestMore, static_cast<std::int64_t>(std::ceil(wanted)));
}

}  // namespace

ShareInterval share_interval(double share, std::int64_t trials) {
    const auto n = static_cast<double>(trials);
    const double z2 = kEnds90 * kEnds90;
    const double middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    const double reach =
        kEnds90 / (1.0 + z2 / n) * std::sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n));
    return {.low = std::max(0.0, middle - reach), .high = std::min(1.0, middle + reach)};
}

Assessment assess(const PredictorDocument& document,
                  std::span<const spaces::Network* const> space,
                  double most_error) {
    const PredictorEvidence& evidence = document.predictor.evidence();
    Assessment assessment{
        .samples = evidence.samples,
        .mean_error = evidence.mean_error,
        .within_10 = evidence.within_10,
        .within_10_interval = share_interval(evidence.within_10, evidence.samples)};
    const std::vector<Estimate> estimates = make_fitted_model(document)->estimate(space, {});
    Eigen::VectorXd half_widths(std::ssize(estimates));
    double extrapolated = 0.0;
    for (Eigen::Index i = 0; i < half_widths.size(); ++i) {
        const Estimate& each = estimates[static_cast<std::size_t>(i)];
        half_widths[i] = 0.5 * (each.high - each.low) / each.latency;
        extrapolated += each.extrapolated ? 1.0 : 0.0;
    }
    assessment.half_width = median(half_widths);
    assessment.extrapolated = extrapolated / static_cast<double>(half_widths.size());
    // The mean size of a normal number is sqrt(2 / pi) standard deviations.
    assessment.interval_error =
        half_widths.mean() / kEnds90 * std::sqrt(2.0 * std::numbers::inv_pi);
    assessment.expected_error = std::max(assessment.mean_error, assessment.interval_error);
    assessment.enough =
        assessment.expected_error <= most_error && assessment.extrapolated <= kMostExtrapolated;
    if (!assessment.enough)
        assessment.more = probes_that_may_suffice(assessment, most_error);
    return assessment;
}

}  // namespace parnas::hw_models
