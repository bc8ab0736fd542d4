// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace parnas::hw_models {

// The x >= 0 that makes |a x - b|^2 least, by active sets (Lawson and Hanson, Solving Least
// Squares Problems, 1974, chapter 23). `a`: n x d of any rank. What a kernel takes is not
// negative: so such coefficients of counts extrapolate where free ones do not.
Eigen::VectorXd non_negative_least_squares(const Eigen::MatrixXd& a, const Eigen::VectorXd& b);

}  // namespace parnas::hw_models
