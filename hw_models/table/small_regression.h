// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace parnas::hw_models {

// The non-negative x that minimises sum_i weights[i] (rows[i] x - 1)^2, exactly: of all sets of
// columns the one that fits best with positive coefficients alone. For up to 6 columns: it tries
// 2^columns sets. A column may be a multiple of another.
Eigen::VectorXd fit_small_non_negative(const Eigen::MatrixXd& rows, const Eigen::VectorXd& weights);

}  // namespace parnas::hw_models
