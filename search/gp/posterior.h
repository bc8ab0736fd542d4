// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

namespace parnas::search {

// What a Gaussian process with mean 0 says after n observations (Rasmussen and Williams, 2006,
// algorithm 2.1), of whatever kernel: it is given kernel values, and never sees points. A value.
class Posterior {
  public:
    // No observations.
    Posterior() = default;
    // `gram`: n x n, of which the lower half counts; `noise`: the variance of observations around
    // the process, > 0; it is multiplied by 10 until the sum is positive definite in floating
    // point. O(n^3).
    Posterior(const Eigen::MatrixXd& gram, double noise);

    Eigen::Index size() const { return size_; }
    double noise() const { return noise_; }

    // One observation more; `cross`: kernel values with the others, `self`: with itself. O(n^2).
    // Forgets the targets.
    void append(const Eigen::VectorXd& cross, double self);
    // Back to the first so many observations. Forgets the targets.
    void truncate(Eigen::Index size);

    // Adds rows to `whitened`, of which `known` are there: it becomes L^-1 cross, n x q, L the
    // Cholesky factor of the observations' covariance. Of `cross` the last n - known rows are
    // read. For predictions at points that stay while observations come: means and explained
    // variances are products of its columns. O(n (n - known) q).
    void whiten(const Eigen::MatrixXd& cross,
                Eigen::Index known,
                Eigen::Ref<Eigen::MatrixXd> whitened) const;

    // The observed values; n. Needed by all that follows but weights() and variance(). O(n^2).
    void set_targets(const Eigen::VectorXd& targets);

    // Of the process at q points; `cross`: n x q kernel values with the observed points.
    Eigen::VectorXd mean(const Eigen::MatrixXd& cross) const;
    // `self`: kernel values of the q points with themselves. At least 1e-12 of them. O(n^2 q).
    Eigen::VectorXd variance(const Eigen::MatrixXd& cross, const Eigen::VectorXd& self) const;
    // (K + noise)^-1 cross; n x q. The derivative of the variance is -2 weights' dcross, that of
    // the mean alpha' dcross.
    Eigen::MatrixXd weights(const Eigen::MatrixXd& cross) const;
    const Eigen::VectorXd& alpha() const { return alpha_; }
    // Of the process at the observed points; n.
    Eigen::VectorXd fitted() const;

    double log_likelihood() const;
    // The derivative of log_likelihood() by the Gram matrix, n x n and symmetric; its trace is
    // that by the noise. O(n^3).
    Eigen::MatrixXd likelihood_by_gram() const;

  private:
    auto factor() const {
        return factor_.topLeftCorner(size_, size_).triangularView<Eigen::Lower>();
    }

    Eigen::MatrixXd factor_;  // lower triangle of the Cholesky factor, with room for more rows
    Eigen::Index size_ = 0;
    double noise_ = 1.0;
    Eigen::VectorXd targets_;
    Eigen::VectorXd alpha_;  // (K + noise)^-1 targets
};

// Values with mean 0 and deviation 1.
struct Standardised {
    Eigen::VectorXd values;
    double mean = 0.0;
    double stddev = 1.0;  // 1 if all values are equal

    double operator()(double value) const { return (value - mean) / stddev; }
    double inverse(double value) const { return mean + stddev * value; }
};
Standardised standardise(std::span<const double> values);

}  // namespace parnas::search
