// SPDX-License-Identifier: Apache-2.0
#include "search/gp/posterior.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Cholesky>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr double kLeastVariance = 1e-12;  // of the kernel's own

}  // namespace

Posterior::Posterior(const Eigen::MatrixXd& gram, double noise)
    : size_(gram.rows()), noise_(noise) {
    for (;; noise_ *= 10.0) {
        check(noise_ < 1e6 * (1.0 + gram.diagonal().sum()), "a Gram matrix has no NaN");
        factor_ = gram;
        factor_.diagonal().array() += noise_;
        Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> cholesky(factor_);
        if (cholesky.info() == Eigen::Success)
            return;
    }
}

void Posterior::append(const Eigen::VectorXd& cross, double self) {
    if (size_ == factor_.rows())
        factor_.conservativeResize(size_ + 64 + size_ / 4, size_ + 64 + size_ / 4);
    const Eigen::VectorXd row = factor().solve(cross);
    factor_.row(size_).head(size_) = row.transpose();
    // The same floor as variance() has: an observation right on another one.
    factor_(size_, size_) =
        std::sqrt(std::max(self - row.squaredNorm(), kLeastVariance * self) + noise_);
    ++size_;
}

void Posterior::truncate(Eigen::Index size) {
    size_ = size;
}

void Posterior::whiten(const Eigen::MatrixXd& cross,
                       Eigen::Index known,
                       Eigen::Ref<Eigen::MatrixXd> whitened) const {
    const Eigen::Index more = size_ - known;
    auto rows = whitened.middleRows(known, more);
    rows = cross.bottomRows(more);
    rows.noalias() -= factor_.block(known, 0, more, known) * whitened.topRows(known);
    factor_.block(known, known, more, more).triangularView<Eigen::Lower>().solveInPlace(rows);
}

void Posterior::set_targets(const Eigen::VectorXd& targets) {
    targets_ = targets;
    alpha_ = weights(targets);
}

Eigen::VectorXd Posterior::mean(const Eigen::MatrixXd& cross) const {
    return cross.transpose() * alpha_;
}

Eigen::VectorXd Posterior::variance(const Eigen::MatrixXd& cross,
                                    const Eigen::VectorXd& self) const {
    const Eigen::MatrixXd explained = factor().solve(cross);
    return (self - explained.colwise().squaredNorm().transpose()).cwiseMax(kLeastVariance * self);
}

Eigen::MatrixXd Posterior::weights(const Eigen::MatrixXd& cross) const {
    Eigen::MatrixXd result = factor().solve(cross);
    factor().adjoint().solveInPlace(result);
    return result;
}

Eigen::VectorXd Posterior::fitted() const {
    return targets_ - noise_ * alpha_;
}

double Posterior::log_likelihood() const {
    const double log_determinant =
        2.0 * factor_.topLeftCorner(size_, size_).diagonal().array().log().sum();
    return -0.5 * (targets_.dot(alpha_) + log_determinant +
                   static_cast<double>(size_) * std::log(2.0 * std::numbers::pi));
}

Eigen::MatrixXd Posterior::likelihood_by_gram() const {
    const Eigen::MatrixXd inverse = weights(Eigen::MatrixXd::Identity(size_, size_));
    return 0.5 * (alpha_ * alpha_.transpose() - inverse);
}

Standardised standardise(std::span<const double> values) {
    Standardised result;
    const auto count = static_cast<Eigen::Index>(values.size());
    const Eigen::Map<const Eigen::VectorXd> raw(values.data(), count);
    if (count > 0)
        result.mean = raw.mean();
    const Eigen::VectorXd centred = raw.array() - result.mean;
    if (const double stddev = std::sqrt(centred.squaredNorm() /
                                        static_cast<double>(std::max<Eigen::Index>(count, 1)));
        stddev > 0.0)
        result.stddev = stddev;
    result.values = centred / result.stddev;
    return result;
}

}  // namespace parnas::search
