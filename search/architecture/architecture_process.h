// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

#include "search/architecture/architecture_features.h"
#include "search/gp/posterior.h"

namespace parnas::search {

// Squared distances of n points from q others.
struct DistanceTable {
    Eigen::MatrixXd architecture;  // n x q
    Eigen::MatrixXd others;        // n x q, or empty where all is architecture
};
DistanceTable distances(std::span<const ArchitecturePoint> from,
                        std::span<const ArchitecturePoint> to);

// A Gaussian process with the rational quadratic kernel 1 / (1 + d / (2 length^2)) of the squared
// distance d = architecture + emphasis others: squared exponentials of many lengths at once
// (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eq. 4.19, alpha = 1), as
// a change of one op may alter little or nearly all.
struct ProcessSetting {
    double squared_length = 8.0;
    double emphasis = 1.0;
    double noise = 0.01;
    double share = 1.0;  // of the evidence

    Eigen::MatrixXd kernel(const DistanceTable& table) const;
};

// The settings that speak for standardised targets at points with these distances from each
// other, by marginal likelihood on a grid: those that are at least a tenth as likely as the best.
// Their shares add up to 1. O(n^3) for each of 18 settings, or 54 if there are `others`.
std::vector<ProcessSetting> likely_settings(const DistanceTable& gram,
                                            const Eigen::VectorXd& targets);

// What is predicted at q points.
struct PoolPrediction {
    Eigen::VectorXd mean;
    Eigen::VectorXd stddev;  // of the process, without noise; > 0
};

// What several settings together predict at a pool of points that stays while observations come:
// mean and deviation of their mixture. An observation more costs O(n q) for each of them.
class PoolProcess {
  public:
    // No observations; all settings have shares. Keeps a reference to `pool`.
    PoolProcess(std::vector<ProcessSetting> settings, std::span<const ArchitecturePoint> pool);

    Eigen::Index size() const { return static_cast<Eigen::Index>(observed_.size()); }
    // All at once is quicker than one by one.
    void observe(std::span<const ArchitecturePoint> points);
    // Back to the first so many observations.
    void truncate(Eigen::Index observations);
    // `targets`: one for each observation, standardised.
    PoolPrediction predict(const Eigen::VectorXd& targets) const;
    // The mean at one more point.
    double mean_at(const ArchitecturePoint& point, const Eigen::VectorXd& targets) const;

  private:
    struct Part {
        ProcessSetting setting;
        Posterior posterior;
        Eigen::MatrixXd whitened;  // by Posterior::whiten(), with room for more rows
    };

    std::span<const ArchitecturePoint> pool_;
    std::vector<ArchitecturePoint> observed_;
    std::vector<Part> parts_;
};

}  // namespace parnas::search
