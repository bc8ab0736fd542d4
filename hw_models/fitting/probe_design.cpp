// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/probe_design.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace parnas::hw_models {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double kRandomShare = 0.2;
constexpr double kChosen = -1.0;  // a variance that is never the largest

}  // namespace

std::vector<Index> design_probes(const FeatureScale& scale,
                                 const FeatureRows& candidates,
                                 const DesignPrior& prior,
                                 std::span<const Index> first,
                                 std::size_t count,
                                 Rng& rng) {
    check(candidates.rows() > 0, "probes are chosen among candidates");
    MatrixXd rows = scale.scaled(candidates);
    for (Index i = 0; i < rows.cols(); ++i)
        rows.col(i) *= std::sqrt(prior.block_variance[scale.block_of[static_cast<std::size_t>(i)]]);
    const Index n = rows.rows();
    VectorXd variance = rows.rowwise().squaredNorm().array() + 1.0;  // 1: of the constant
    // By pivoted Cholesky of the candidates' covariance: a column for each probe.
    MatrixXd explained(n, static_cast<Index>(count));
    std::vector<Index> chosen;
    count = std::min(count, static_cast<std::size_t>(n));
    const std::size_t added = count - std::min(count, first.size());
    const auto drawn =
        static_cast<std::size_t>(std::llround(kRandomShare * static_cast<double>(added)));
    for (std::size_t probe = 0; probe + drawn < count; ++probe) {
        Index next = 0;
        if (probe < first.size())
            next = first[probe];
        else
            variance.maxCoeff(&next);
        const auto known = explained.leftCols(static_cast<Index>(probe));
        VectorXd column = (rows * rows.row(next).transpose()).array() + 1.0;
        column -= known * known.row(next).transpose();
        column /= std::sqrt(column[next] + prior.noise_variance);
        variance -= column.cwiseAbs2();
        explained.col(static_cast<Index>(probe)) = column;
        chosen.push_back(next);
        for (const Index each : chosen)
            variance[each] = kChosen;
    }
    std::vector<Index> rest;
    for (Index i = 0; i < n; ++i)
        if (variance[i] != kChosen)
            rest.push_back(i);
    for (const std::size_t i : rng.sample(rest.size(), count - chosen.size()))
        chosen.push_back(rest[i]);
    return chosen;
}

}  // namespace parnas::hw_models
