// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <Eigen/Core>

namespace parnas::hw_models {

struct BlockVariances {
    Eigen::VectorXd block;
    Eigen::VectorXd noise;  // per component of the noise
};

// Standardised targets (n), normal with covariance
//
//     1 + sum over blocks of  variance gram  +  diag(noise_shares noise + known_noise).
struct VarianceData {
    const std::vector<Eigen::MatrixXd>& grams;  // n x n, symmetric
    const Eigen::MatrixXd& noise_shares;        // n x components
    double known_noise = 0.0;                   // > 0
    const Eigen::VectorXd& targets;
};

struct VariancePrior {
    BlockVariances expected;
    double log_stddev = 1.0;  // each variance is lognormal around the expected one
};

// The most probable variances, found from `start` on by Fisher scoring: Newton steps with the
// expected curvature, damped where they do not improve (Marquardt, SIAM 11(2), 1963).
// O(blocks n^3) a step, some ten steps.
BlockVariances most_probable(const BlockVariances& start,
                             const VarianceData& data,
                             const VariancePrior& prior);

}  // namespace parnas::hw_models
