// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/cma_normal.h"

#include <cmath>

#include <Eigen/Eigenvalues>

#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// One generation by the equations of the tutorial, with dense matrices only.
struct Direct {
    Eigen::VectorXd m;
    double sigma;
    Eigen::MatrixXd C;
    Eigen::VectorXd p_sigma;
    Eigen::VectorXd p_c;
    int g = 0;

    void update(const CmaRates& r, const Eigen::MatrixXd& y) {
        const auto n = static_cast<double>(m.size());
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(C);
        const Eigen::MatrixXd root = solver.operatorInverseSqrt();
        Eigen::VectorXd y_w = Eigen::VectorXd::Zero(m.size());
        for (Eigen::Index i = 0; i < y.cols() / 2; ++i)
            y_w += r.weights[i] * y.col(i);
        m += sigma * y_w;
        p_sigma = (1 - r.c_sigma) * p_sigma +
                  std::sqrt(r.c_sigma * (2 - r.c_sigma) * r.mu_eff) * root * y_w;
        const double chi = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
        ++g;
        const bool h = p_sigma.norm() / std::sqrt(1 - std::pow(1 - r.c_sigma, 2 * g)) <
                       (1.4 + 2 / (n + 1)) * chi;
        p_c = (1 - r.c_c) * p_c + (h ? std::sqrt(r.c_c * (2 - r.c_c) * r.mu_eff) : 0.0) * y_w;
        const double delta = h ? 0.0 : r.c_c * (2 - r.c_c);
        Eigen::MatrixXd next = (1 + r.c_1 * delta - r.c_1 - r.c_mu * r.weights.sum()) * C;
        next += r.c_1 * p_c * p_c.transpose();
        for (Eigen::Index i = 0; i < y.cols(); ++i) {
            const double w = r.weights[i] >= 0 ? r.weights[i]
                                               : r.weights[i] * n / (root * y.col(i)).squaredNorm();
            next += r.c_mu * w * y.col(i) * y.col(i).transpose();
        }
        C = next;
        sigma *= std::exp(std::min(1.0, r.c_sigma / r.d_sigma * (p_sigma.norm() / chi - 1)));
    }
};

Eigen::MatrixXd normal_matrix(Eigen::Index rows, Eigen::Index columns, Rng& rng) {
    Eigen::MatrixXd matrix(rows, columns);
    for (double& each : matrix.reshaped())
        each = rng.normal();
    return matrix;
}

}  // namespace

TEST_CASE("CMA-ES learns at the rates of the tutorial", "[search][cma_es]") {
    CHECK(cma_population(1) == 4);
    CHECK(cma_population(10) == 10);
    CHECK(cma_population(40) == 15);
    const CmaRates rates = cma_rates(10, 10, Covariance::full);
    CHECK(rates.weights.head(5).sum() == Approx(1.0));
    CHECK(rates.weights[0] == Approx(0.4563).epsilon(1e-3));
    CHECK(rates.mu_eff == Approx(3.1673).epsilon(1e-4));
    CHECK(rates.c_sigma == Approx(5.1673 / 18.1673).epsilon(1e-4));
    CHECK(rates.d_sigma == Approx(1.0 + rates.c_sigma));
    CHECK(rates.c_c == Approx((4.0 + 0.31673) / (14.0 + 0.63346)).epsilon(1e-4));
    CHECK(rates.c_1 == Approx(2.0 / (11.3 * 11.3 + 3.1673)).epsilon(1e-4));
    CHECK(rates.c_mu ==
          Approx(2.0 * (0.25 + 3.1673 + 1.0 / 3.1673 - 2.0) / (144.0 + 3.1673)).epsilon(1e-4));
    const CmaRates diagonal = cma_rates(10, 10, Covariance::diagonal);
    CHECK(diagonal.c_1 == Approx(4.0 * rates.c_1));
    CHECK(diagonal.c_mu == Approx(4.0 * rates.c_mu));
    for (const std::size_t n : {1, 3, 10, 40})
        for (const std::size_t population : {4, 7, 20, 100}) {
            const CmaRates each = cma_rates(n, population, Covariance::full);
            // C stays positive definite: what negative weights take away is less than what is kept.
            const double taken = -each.weights.cwiseMin(0.0).sum();
            CHECK(static_cast<double>(n) * each.c_mu * taken <= 1.0 - each.c_1 - each.c_mu + 1e-12);
        }
}

TEST_CASE("a generation updates the distribution as the equations say", "[search][cma_es]") {
    const Eigen::Index n = 5;
    Rng rng(3);
    const CmaRates rates = cma_rates(5, 8, Covariance::full);
    const Eigen::VectorXd mean = normal_matrix(n, 1, rng);
    CmaNormal normal(mean, 0.3, Covariance::full);
    const Eigen::VectorXd zero = Eigen::VectorXd::Zero(n);
    Direct direct{.m = mean,
                  .sigma = 0.3,
                  .C = Eigen::MatrixXd::Identity(n, n),
                  .p_sigma = zero,
                  .p_c = zero};
    bool stalled = false;
    for (int i = 0; i < 60; ++i) {
        // Long steps in one direction at times, so that the path stalls.
        Eigen::MatrixXd steps = normal_matrix(n, 8, rng);
        if (i % 20 > 14)
            steps.row(0).array() += 3.0;
        const Eigen::VectorXd path = direct.p_c;
        direct.update(rates, steps);
        stalled = stalled || direct.p_c.isApprox((1.0 - rates.c_c) * path, 1e-12);
        normal.update(rates, steps);
        CHECK(normal.mean().isApprox(direct.m, 1e-9));
        CHECK(normal.sigma() == Approx(direct.sigma).epsilon(1e-9));
        CHECK(normal.shape().isApprox(direct.C, 1e-9));
    }
    CHECK(stalled);
}

TEST_CASE("a diagonal update is the diagonal of the full one while C is diagonal",
          "[search][cma_es]") {
    const Eigen::Index n = 4;
    Rng rng(5);
    const CmaRates rates = cma_rates(4, 8, Covariance::full);
    const Eigen::VectorXd mean = Eigen::VectorXd::Constant(n, 0.5);
    CmaNormal full(mean, 0.2, Covariance::full);
    CmaNormal diagonal(mean, 0.2, Covariance::diagonal);
    const Eigen::MatrixXd steps = normal_matrix(n, 8, rng);
    full.update(rates, steps);
    diagonal.update(rates, steps);
    CHECK(diagonal.mean().isApprox(full.mean()));
    CHECK(diagonal.sigma() == Approx(full.sigma()));
    CHECK(diagonal.shape().diagonal().isApprox(full.shape().diagonal()));
    CHECK(diagonal.shape().isDiagonal());
}

TEST_CASE("steps have the shape's covariance and points lie around the mean", "[search][cma_es]") {
    Eigen::MatrixXd shape(2, 2);
    shape << 4.0, 1.5, 1.5, 1.0;
    const Eigen::VectorXd mean = Eigen::VectorXd::Constant(2, 0.5);
    CmaNormal normal(mean, 0.1, shape, Covariance::full);
    Rng rng(7);
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(2, 2);
    constexpr int kDraws = 40'000;
    for (int i = 0; i < kDraws; ++i) {
        const Eigen::VectorXd step = normal.step(normal_matrix(2, 1, rng));
        sum += step * step.transpose();
    }
    CHECK((sum / kDraws).isApprox(shape, 0.03));
    CHECK(normal.spread(0) == Approx(0.2));
    Eigen::VectorXd step(2);
    step << 2.0, 0.0;
    CHECK(normal.length(step) == Approx(2.0 / std::sqrt(4.0 - 1.5 * 1.5)));
    normal.set_coordinate(1, 0.7, 0.5);
    CHECK(normal.mean()[1] == 0.7);
    CHECK(normal.spread(1) == Approx(0.5));
    CHECK(normal.step_to(normal.point(step)).isApprox(step));
    normal.limit_spread(0.25);
    CHECK(normal.spread(1) == Approx(0.25));
    CHECK(normal.spread(0) == Approx(0.1));
}

}  // namespace parnas::search
