// SPDX-License-Identifier: Apache-2.0
#include "search/gp/drawn_process.h"

#include <cmath>

#include <Eigen/Cholesky>

#include "search/gp/fit.h"

namespace parnas::search {
namespace {

// What keeps Gram matrices of points that are nearly the same apart.
constexpr double kJitter = kLeastNoise;

Eigen::MatrixXd stacked(const Eigen::MatrixXd& above, const Eigen::MatrixXd& below) {
    Eigen::MatrixXd result(above.rows() + below.rows(), above.cols());
    result << above, below;
    return result;
}

// Draws of the process at points; a row for each point, a column for each draw.
Eigen::MatrixXd draw_values(const Matern& kernel,
                            const Points& observed,
                            const Posterior& posterior,
                            const Points& points,
                            const Eigen::MatrixXd& normals) {
    const Eigen::MatrixXd cross = kernel.cross(observed, points);
    Eigen::MatrixXd covariance = kernel.gram(points) - cross.transpose() * posterior.weights(cross);
    const Eigen::VectorXd mean = posterior.mean(cross);
    for (double jitter = kJitter * kernel.variance;; jitter *= 10.0) {
        Eigen::MatrixXd shifted = covariance;
        shifted.diagonal().array() += jitter;
        const Eigen::LLT<Eigen::MatrixXd> cholesky(shifted);
        if (cholesky.info() != Eigen::Success)
            continue;
        Eigen::MatrixXd result = cholesky.matrixL() * normals;
        result.colwise() += mean;
        return result;
    }
}

}  // namespace

DrawnProcess::DrawnProcess(Matern kernel, const Observed& observed, const Unknown& unknown)
    : kernel_(std::move(kernel)), points_(observed.points) {
    posterior_ = Posterior(kernel_.gram(points_), observed.noise);
    posterior_.set_targets(observed.targets);
    if (unknown.noisy) {
        points_ = stacked(observed.points, unknown.pending);
        values_ = draw_values(kernel_, observed.points, posterior_, points_, unknown.normals);
        posterior_ = Posterior(kernel_.gram(points_), kJitter);
    } else if (unknown.pending.rows() > 0) {
        values_ = stacked(
            observed.targets.replicate(1, unknown.normals.cols()),
            draw_values(kernel_, observed.points, posterior_, unknown.pending, unknown.normals));
        points_ = stacked(observed.points, unknown.pending);
        for (Eigen::Index i = observed.points.rows(); i < points_.rows(); ++i)
            posterior_.append(kernel_.cross(points_.topRows(i), points_.row(i)), kernel_.variance);
    } else {
        values_ = observed.targets;
    }
    alphas_ = posterior_.weights(values_);
}

Prediction DrawnProcess::predict(const Points& points) const {
    const Eigen::MatrixXd cross = kernel_.cross(points_, points);
    const auto self = Eigen::VectorXd::Constant(points.rows(), kernel_.variance);
    return {.means = cross.transpose() * alphas_,
            .stddevs = posterior_.variance(cross, self).cwiseSqrt()};
}

DrawnProcess::Local DrawnProcess::at(const Eigen::RowVectorXd& point) const {
    const Eigen::VectorXd cross = kernel_.cross(points_, point);
    Local local{.means = cross.transpose() * alphas_, .slopes = kernel_.slopes(points_, point)};
    local.weights = posterior_.weights(cross);
    const double variance = kernel_.variance - cross.dot(local.weights);
    local.stddev = std::sqrt(std::max(variance, 1e-12 * kernel_.variance));
    return local;
}

// d stddev = d variance / (2 stddev), d variance = -2 weights' d cross.
Eigen::RowVectorXd DrawnProcess::gradient(const Local& local,
                                          const Eigen::VectorXd& by_means,
                                          double by_stddev) const {
    const Eigen::VectorXd by_cross =
        alphas_ * by_means - (by_stddev / local.stddev) * local.weights;
    return by_cross.transpose() * local.slopes;
}

}  // namespace parnas::search
