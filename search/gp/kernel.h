// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <Eigen/Core>

#include "search/gp/features.h"

namespace parnas::search {

// The Matern kernel of smoothness 5/2 with a length scale for each axis (Rasmussen and Williams,
// 2006, eq. 4.17):
//
//     k(a, b) = variance (1 + s + s^2 / 3) exp(-s),   s^2 = 5 sum_i weights[i] (a[i] - b[i])^2
//
// O(d) for each pair of points with d coordinates. A value.
struct Matern {
    Eigen::VectorXd weights;  // per coordinate: 1 / length scale^2, > 0
    double variance = 1.0;

    // Weights per axis, laid out over the coordinates.
    static Matern of_axes(const Eigen::VectorXd& weights,
                          double variance,
                          const std::vector<Eigen::Index>& axis_of);

    // A row for each of `a`, a column for each of `b`.
    Eigen::MatrixXd cross(const Points& a, const Points& b) const;
    Eigen::MatrixXd gram(const Points& points) const { return cross(points, points); }

    // dL / d log weights[i] per coordinate, for a function L of the Gram matrix of `points` with
    // the symmetric derivative `by_gram`. Those of coordinates that share a weight add up.
    Eigen::VectorXd gradient(const Points& points, const Eigen::MatrixXd& by_gram) const;

    // The derivatives of the kernel between each of `points` and `point` by the coordinates of
    // the latter; a row for each of `points`.
    Eigen::MatrixXd slopes(const Points& points, const Eigen::RowVectorXd& point) const;
};

}  // namespace parnas::search
