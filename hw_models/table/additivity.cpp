// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/additivity.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <Eigen/Dense>

#include "core/error.h"
#include "hw_models/table/small_regression.h"

namespace parnas::hw_models {
namespace {

constexpr Eigen::Index kTerms = 4;
using Terms = Eigen::Matrix<double, kTerms, 1>;

Terms terms_of(const NetworkTerms& network) {
    return {1.0,
            network.kernel_sum.count(),
            static_cast<double>(network.kernels),
            static_cast<double>(network.branches)};
}

// Rows are divided by the networks' times: every target is 1.
using Rows = Eigen::Matrix<double, Eigen::Dynamic, kTerms>;

Terms fit_robustly(const Rows& rows) {
    constexpr int kRounds = 20;
    constexpr double kHuber = 1.345;    // 95 % as efficient as least squares on normal errors
    constexpr double kLeastSd = 0.005;  // of relative errors: below, all count alike
    Eigen::VectorXd weights = Eigen::VectorXd::Ones(rows.rows());
    Terms terms = Terms::Zero();
    for (int round = 0; round < kRounds; ++round) {
        terms = fit_small_non_negative(rows, weights);
        const Eigen::VectorXd errors = (rows * terms).array() - 1.0;
        const Eigen::VectorXd sizes = errors.cwiseAbs();
        std::vector<double> sorted(sizes.begin(), sizes.end());
        const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
        std::ranges::nth_element(sorted, middle);
        const double limit = kHuber * std::max(1.4826 * *middle, kLeastSd);
        for (Eigen::Index i = 0; i < sizes.size(); ++i)
            weights[i] = sizes[i] <= limit ? 1.0 : limit / sizes[i];
    }
    return terms;
}

Rows rows_of(std::span<const MeasuredNetwork> networks) {
    Rows rows(static_cast<Eigen::Index>(networks.size()), kTerms);
    for (std::size_t i = 0; i < networks.size(); ++i)
        rows.row(static_cast<Eigen::Index>(i)) =
            terms_of(networks[i].terms).transpose() / networks[i].time.count();
    return rows;
}

// How far each network is from what a fit to the others says: predicted / measured.
std::vector<double> left_out_ratios(const Rows& rows) {
    std::vector<double> ratios;
    for (Eigen::Index left_out = 0; left_out < rows.rows(); ++left_out) {
        Rows others(rows.rows() - 1, kTerms);
        others << rows.topRows(left_out), rows.bottomRows(rows.rows() - left_out - 1);
        ratios.push_back(rows.row(left_out).dot(fit_robustly(others)));
    }
    return ratios;
}

}  // namespace

Seconds Additivity::predict(const NetworkTerms& terms) const {
    return call + scale * terms.kernel_sum + static_cast<double>(terms.kernels) * per_kernel +
           static_cast<double>(terms.branches) * per_branch;
}

Additivity fit_additivity(std::span<const MeasuredNetwork> networks) {
    constexpr std::size_t kFewest = 6;
    check(networks.size() >= kFewest, "additivity is fitted to six networks or more");
    const Rows rows = rows_of(networks);
    const Terms terms = fit_robustly(rows);
    Additivity fit{.call = Seconds(terms[0]),
                   .scale = terms[1],
                   .per_kernel = Seconds(terms[2]),
                   .per_branch = Seconds(terms[3]),
                   .networks = static_cast<int>(networks.size())};
    std::vector<double> logs;
    for (const double ratio : left_out_ratios(rows)) {
        fit.mean_error += std::abs(ratio - 1.0) / static_cast<double>(networks.size());
        logs.push_back(std::abs(std::log(std::max(ratio, 1e-3))));
    }
    std::ranges::sort(logs);
    // Split conformal prediction's rank (Lei et al., JASA 113, 2018).
    const double rank = std::ceil(0.9 * static_cast<double>(logs.size() + 1));
    fit.spread = logs[std::min(logs.size(), static_cast<std::size_t>(rank)) - 1];
    return fit;
}

}  // namespace parnas::hw_models
