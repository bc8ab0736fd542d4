// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/cma_rates.h"

#include <algorithm>
#include <cmath>

namespace parnas::search {
namespace {

double effective(const Eigen::VectorXd& weights) {
    return weights.sum() * weights.sum() / weights.squaredNorm();
}

}  // namespace

std::size_t cma_population(std::size_t dimension) {
    return 4 + static_cast<std::size_t>(3.0 * std::log(static_cast<double>(dimension)));
}

CmaRates cma_rates(std::size_t dimension, std::size_t population, Covariance covariance) {
    const auto n = static_cast<double>(dimension);
    const auto lambda = static_cast<Eigen::Index>(population);
    const Eigen::Index mu = lambda / 2;
    CmaRates rates;
    rates.weights.resize(lambda);
    for (Eigen::Index i = 0; i < lambda; ++i)
        rates.weights[i] = std::log((static_cast<double>(population) + 1.0) / 2.0) -
                           std::log(static_cast<double>(i) + 1.0);
    auto positive = rates.weights.head(mu);
    auto negative = rates.weights.tail(lambda - mu);
    rates.mu_eff = effective(positive);
    const double m = rates.mu_eff;

    rates.c_sigma = (m + 2.0) / (n + m + 5.0);
    rates.d_sigma =
        1.0 + 2.0 * std::max(0.0, std::sqrt((m - 1.0) / (n + 1.0)) - 1.0) + rates.c_sigma;
    rates.c_c = (4.0 + m / n) / (n + 4.0 + 2.0 * m / n);
    const double faster = covariance == Covariance::diagonal ? (n + 2.0) / 3.0 : 1.0;
    rates.c_1 = std::min(1.0, faster * 2.0 / ((n + 1.3) * (n + 1.3) + m));
    rates.c_mu = std::min(1.0 - rates.c_1,
                          faster * 2.0 * (0.25 + m + 1.0 / m - 2.0) / ((n + 2.0) * (n + 2.0) + m));

    positive /= positive.sum();
    if (rates.c_mu > 0.0) {
        const double most = std::min({1.0 + rates.c_1 / rates.c_mu,
                                      1.0 + 2.0 * effective(negative) / (m + 2.0),
                                      (1.0 - rates.c_1 - rates.c_mu) / (n * rates.c_mu)});
        negative *= most / negative.cwiseAbs().sum();
    }
    return rates;
}

}  // namespace parnas::search
