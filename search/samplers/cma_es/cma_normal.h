// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <Eigen/Core>

#include "search/samplers/cma_es/cma_rates.h"

namespace parnas::search {

// The normal distribution of CMA-ES, N(mean, sigma^2 A C A), and how it learns from a generation
// (Hansen, arXiv 1604.00772; negative weights as there). A is diagonal: only margins change it.
//
// A point is mean + sigma A y; its step y has the covariance C.
class CmaNormal {
  public:
    // An isotropic one: C is the identity.
    CmaNormal(Eigen::VectorXd mean, double sigma, Covariance covariance);
    // With any positive definite C.
    CmaNormal(Eigen::VectorXd mean,
              double sigma,
              const Eigen::MatrixXd& shape,
              Covariance covariance);

    Eigen::Index dimension() const { return mean_.size(); }
    const Eigen::VectorXd& mean() const { return mean_; }
    double sigma() const { return sigma_; }
    // C. Of a diagonal one the other entries are 0.
    const Eigen::MatrixXd& shape() const { return shape_; }
    // The standard deviation of one coordinate of points.
    double spread(Eigen::Index i) const;
    // The largest ratio of eigenvalues of C; infinite if C is no longer positive definite.
    double condition() const;

    // The step that a standard normal vector becomes.
    Eigen::VectorXd step(const Eigen::VectorXd& z) const;
    Eigen::VectorXd point(const Eigen::VectorXd& step) const;
    Eigen::VectorXd step_to(const Eigen::VectorXd& point) const;
    // In standard deviations.
    double length(const Eigen::VectorXd& step) const;

    // `steps`: a column for each weight, best first.
    void update(const CmaRates& rates, const Eigen::MatrixXd& steps);

    // Moves one coordinate of the mean and sets its spread, by way of A.
    void set_coordinate(Eigen::Index i, double mean, double spread);
    // Lowers sigma until no coordinate has a larger spread.
    void limit_spread(double most);

  private:
    Eigen::VectorXd whitened(const Eigen::VectorXd& step) const;  // C^(-1/2) y
    void decompose();

    Covariance covariance_;
    Eigen::VectorXd mean_;
    double sigma_;
    Eigen::MatrixXd shape_;
    Eigen::VectorXd scale_;  // the diagonal of A
    Eigen::MatrixXd basis_;  // C = basis diag(axes^2) basis^T; empty for a diagonal C
    Eigen::VectorXd axes_;
    Eigen::VectorXd sigma_path_;
    Eigen::VectorXd shape_path_;
    int generation_ = 0;
};

}  // namespace parnas::search
