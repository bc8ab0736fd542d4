// SPDX-License-Identifier: Apache-2.0
#include "search/gp/kernel.h"

#include <cmath>

namespace parnas::search {
namespace {

// The roots s of the formula.
Eigen::ArrayXXd roots(const Eigen::VectorXd& weights, const Points& a, const Points& b) {
    const Eigen::RowVectorXd scale = (5.0 * weights.transpose()).cwiseSqrt();
    const Points left = a.array().rowwise() * scale.array();
    const Points right = b.array().rowwise() * scale.array();
    Eigen::MatrixXd squares = -2.0 * left * right.transpose();
    squares.colwise() += left.rowwise().squaredNorm();
    squares.rowwise() += right.rowwise().squaredNorm().transpose();
    return squares.array().max(0.0).sqrt();  // rounding may go below
}

}  // namespace

Matern Matern::of_axes(const Eigen::VectorXd& weights,
                       double variance,
                       const std::vector<Eigen::Index>& axis_of) {
    Matern kernel{.weights = Eigen::VectorXd(static_cast<Eigen::Index>(axis_of.size())),
                  .variance = variance};
    for (std::size_t i = 0; i < axis_of.size(); ++i)
        kernel.weights[static_cast<Eigen::Index>(i)] = weights[axis_of[i]];
    return kernel;
}

Eigen::MatrixXd Matern::cross(const Points& a, const Points& b) const {
    const Eigen::ArrayXXd s = roots(weights, a, b);
    return variance * (1.0 + s + s.square() / 3.0) * (-s).exp();
}

// With q = s^2, dk/dq = -variance / 6 (1 + s) exp(-s).
Eigen::VectorXd Matern::gradient(const Points& points, const Eigen::MatrixXd& by_gram) const {
    const Eigen::ArrayXXd s = roots(weights, points, points);
    const Eigen::MatrixXd by_square = by_gram.array() * (-variance / 6.0) * (1.0 + s) * (-s).exp();
    // sum_jk B[j,k] (x[j] - x[k])^2 = 2 (sum_j x[j]^2 sum_k B[j,k] - x' B x)
    const Eigen::VectorXd sums = by_square.rowwise().sum();
    const Eigen::MatrixXd products = by_square * points;
    const Eigen::VectorXd spread = points.cwiseAbs2().transpose() * sums -
                                   points.cwiseProduct(products).colwise().sum().transpose();
    return 10.0 * weights.cwiseProduct(spread);
}

Eigen::MatrixXd Matern::slopes(const Points& points, const Eigen::RowVectorXd& point) const {
    const Eigen::ArrayXd s = roots(weights, points, point).col(0);
    const Eigen::ArrayXd by_square = (-variance / 6.0) * (1.0 + s) * (-s).exp();
    Eigen::MatrixXd result = (-points).rowwise() + point;
    result.array().colwise() *= by_square;
    result.array().rowwise() *= 10.0 * weights.transpose().array();
    return result;
}

}  // namespace parnas::search
