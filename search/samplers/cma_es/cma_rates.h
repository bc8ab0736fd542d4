// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <Eigen/Core>

namespace parnas::search {

enum class Covariance { full, diagonal };

// What CMA-ES learns with, as functions of dimension and population (Hansen, "The CMA Evolution
// Strategy: A Tutorial", arXiv 1604.00772, table 1). A diagonal covariance has fewer parameters
// and learns (dimension + 2) / 3 times as fast (Ros and Hansen, PPSN 2008).
struct CmaRates {
    Eigen::VectorXd weights;  // best first: positive ones with sum 1, then negative ones
    double mu_eff = 1.0;      // how many equal parents the positive weights are worth
    double c_sigma = 0.0;
    double d_sigma = 1.0;
    double c_c = 0.0;
    double c_1 = 0.0;
    double c_mu = 0.0;
};

// dimension >= 1, population >= 2.
CmaRates cma_rates(std::size_t dimension, std::size_t population, Covariance covariance);

// 4 + 3 ln(dimension), rounded down.
std::size_t cma_population(std::size_t dimension);

}  // namespace parnas::search
