// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/cma_normal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <Eigen/Eigenvalues>

namespace parnas::search {

CmaNormal::CmaNormal(Eigen::VectorXd mean, double sigma, Covariance covariance)
    : CmaNormal(mean, sigma, Eigen::MatrixXd::Identity(mean.size(), mean.size()), covariance) {}

CmaNormal::CmaNormal(Eigen::VectorXd mean,
                     double sigma,
                     const Eigen::MatrixXd& shape,
                     Covariance covariance)
    : covariance_(covariance),
      mean_(std::move(mean)),
      sigma_(sigma),
      shape_(shape),
      scale_(Eigen::VectorXd::Ones(mean_.size())),
      sigma_path_(Eigen::VectorXd::Zero(mean_.size())),
      shape_path_(Eigen::VectorXd::Zero(mean_.size())) {
    decompose();
}

double CmaNormal::spread(Eigen::Index i) const {
    return sigma_ * scale_[i] * std::sqrt(shape_(i, i));
}

double CmaNormal::condition() const {
    const double least = axes_.minCoeff();
    if (!(least > 0.0))
        return std::numeric_limits<double>::infinity();
    const double ratio = axes_.maxCoeff() / least;
    return ratio * ratio;
}

Eigen::VectorXd CmaNormal::step(const Eigen::VectorXd& z) const {
    if (covariance_ == Covariance::diagonal)
        return axes_.cwiseProduct(z);
    return basis_ * axes_.cwiseProduct(z);
}

Eigen::VectorXd CmaNormal::point(const Eigen::VectorXd& step) const {
    return mean_ + sigma_ * scale_.cwiseProduct(step);
}

Eigen::VectorXd CmaNormal::step_to(const Eigen::VectorXd& point) const {
    return (point - mean_).cwiseQuotient(sigma_ * scale_);
}

double CmaNormal::length(const Eigen::VectorXd& step) const {
    return whitened(step).norm();
}

Eigen::VectorXd CmaNormal::whitened(const Eigen::VectorXd& step) const {
    if (covariance_ == Covariance::diagonal)
        return step.cwiseQuotient(axes_);
    return basis_ * (basis_.transpose() * step).cwiseQuotient(axes_);
}

void CmaNormal::update(const CmaRates& rates, const Eigen::MatrixXd& steps) {
    const auto n = static_cast<double>(dimension());
    const Eigen::VectorXd positive = rates.weights.cwiseMax(0.0);
    const Eigen::VectorXd mean_step = steps * positive;
    mean_ += sigma_ * scale_.cwiseProduct(mean_step);

    const double c_sigma = rates.c_sigma;
    sigma_path_ = (1.0 - c_sigma) * sigma_path_ +
                  std::sqrt(c_sigma * (2.0 - c_sigma) * rates.mu_eff) * whitened(mean_step);
    ++generation_;
    const double expected = std::sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
    const double settled = std::sqrt(1.0 - std::pow(1.0 - c_sigma, 2.0 * generation_));
    const bool stalls = sigma_path_.norm() >= settled * (1.4 + 2.0 / (n + 1.0)) * expected;

    const double c_c = rates.c_c;
    const double variance = c_c * (2.0 - c_c);
    shape_path_ *= 1.0 - c_c;
    if (!stalls)
        shape_path_ += std::sqrt(variance * rates.mu_eff) * mean_step;
    Eigen::VectorXd weights = rates.weights;
    for (Eigen::Index i = 0; i < weights.size(); ++i)
        if (weights[i] < 0.0) {
            const double length = whitened(steps.col(i)).norm();
            weights[i] *= length > 0.0 ? n / (length * length) : 0.0;
        }
    const double kept =
        1.0 + (stalls ? rates.c_1 * variance : 0.0) - rates.c_1 - rates.c_mu * rates.weights.sum();
    if (covariance_ == Covariance::diagonal)
        shape_.diagonal() = kept * shape_.diagonal() + rates.c_1 * shape_path_.cwiseAbs2() +
                            rates.c_mu * steps.cwiseAbs2() * weights;
    else
        shape_ = kept * shape_ + rates.c_1 * shape_path_ * shape_path_.transpose() +
                 rates.c_mu * steps * weights.asDiagonal() * steps.transpose();
    sigma_ *=
        std::exp(std::min(1.0, c_sigma / rates.d_sigma * (sigma_path_.norm() / expected - 1.0)));
    decompose();
}

void CmaNormal::set_coordinate(Eigen::Index i, double mean, double spread) {
    scale_[i] *= spread / this->spread(i);
    mean_[i] = mean;
}

void CmaNormal::limit_spread(double most) {
    for (Eigen::Index i = 0; i < dimension(); ++i)
        sigma_ *= std::min(1.0, most / spread(i));
}

void CmaNormal::decompose() {
    Eigen::VectorXd variances = shape_.diagonal();
    if (covariance_ == Covariance::full) {
        shape_ = (0.5 * (shape_ + shape_.transpose())).eval();
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(shape_);
        basis_ = solver.eigenvectors();
        variances = solver.eigenvalues();
    }
    axes_ = variances.cwiseMax(0.0).cwiseSqrt();
}

}  // namespace parnas::search
