// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/known_targets.h"

#include <cmath>
#include <utility>

#include <Eigen/Cholesky>

#include "hw_models/fitting/median.h"

namespace parnas::hw_models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int kReweightings = 10;

}  // namespace

AdditiveLatency fit_additive_latency(const Samples& samples, const FeatureStatistics& reference) {
    const Index n = samples.size();
    const Index d = samples.features.cols();
    const VectorXd& centre = reference.mean;
    VectorXd factor(d);
    for (Index i = 0; i < d; ++i)
        factor[i] = reference.spread[i] > 0.0 ? 1.0 / reference.spread[i] : 0.0;
    MatrixXd x(n, d + 1);
    x.col(0).setOnes();
    x.rightCols(d) = (samples.features.rowwise() - centre.transpose()) * factor.asDiagonal();
    VectorXd weights = VectorXd::Ones(n);
    VectorXd solution;
    for (int i = 0; i < kReweightings; ++i) {
        const MatrixXd weighted = weights.asDiagonal() * x;
        MatrixXd gram = x.transpose() * weighted;
        gram.diagonal().tail(d).array() += 1.0;  // ridge
        solution = gram.llt().solve(weighted.transpose() * samples.latency_ms);
        const VectorXd residual = samples.latency_ms - x * solution;
        const double middle = median(residual);
        const double scale = 1.4826 * median((residual.array() - middle).abs().matrix()) + 1e-9;
        weights = (1.0 + (residual / scale).array().square() / 4.0).inverse();
    }
    AdditiveLatency latency{.constant = solution[0],
                            .weights = solution.tail(d).cwiseProduct(factor)};
    latency.constant -= latency.weights.dot(centre);
    return latency;
}

KnownTarget known_target(std::string name, AdditiveLatency latency, const FeatureRows& reference) {
    const VectorXd values = latency.predict(reference);
    const double mean = values.mean();
    const double spread = std::sqrt((values.array() - mean).square().mean());
    const double factor = spread > 0.0 ? 1.0 / spread : 0.0;
    return {.name = std::move(name),
            .latency = {.constant = (latency.constant - mean) * factor,
                        .weights = latency.weights * factor}};
}

FeatureSchema with_known_targets(FeatureSchema schema, std::span<const KnownTarget> known) {
    if (known.empty())
        return schema;
    FeatureBlock block{.name = std::string(kKnownTargets)};
    for (const KnownTarget& target : known)
        block.columns.push_back(target.name);
    schema.blocks.push_back(std::move(block));
    schema.blocks.push_back({.name = std::string(kKnownTargetsMean), .columns = {"mean"}});
    return schema;
}

FeatureRows with_known_targets(const FeatureRows& rows, std::span<const KnownTarget> known) {
    if (known.empty())
        return rows;
    const auto count = static_cast<Index>(known.size());
    FeatureRows result(rows.rows(), rows.cols() + count + 1);
    result.leftCols(rows.cols()) = rows;
    for (Index i = 0; i < count; ++i)
        result.col(rows.cols() + i) = known[static_cast<std::size_t>(i)].latency.predict(rows);
    result.col(rows.cols() + count) = result.middleCols(rows.cols(), count).rowwise().mean();
    return result;
}

}  // namespace parnas::hw_models
