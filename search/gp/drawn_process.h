// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "search/gp/kernel.h"
#include "search/gp/posterior.h"

namespace parnas::search {

// What a process says of points; a row for each.
struct Prediction {
    Eigen::MatrixXd means;    // a column for each draw
    Eigen::VectorXd stddevs;  // the same for all draws
};

// A Gaussian process with several draws of what is not known of it: the values at points that
// were proposed and are pending and, where observations are noisy, at the observed points too.
// Under a draw the process goes through those values, so means differ from draw to draw and
// standard deviations do not (Daulton, Balandat and Bakshy, NeurIPS 2021). With nothing pending
// and no noise worth mentioning there is one draw, the observations. A value.
class DrawnProcess {
  public:
    struct Observed {
        const Points& points;            // n x d
        const Eigen::VectorXd& targets;  // n
        double noise = 0.0;
    };
    struct Unknown {
        const Points& pending;  // p x d
        bool noisy = false;     // the process at the observed points is unknown
        // Standard normal numbers, a column for each draw; a row for each unknown value: of the
        // observed points if they are noisy, then of the pending ones.
        const Eigen::MatrixXd& normals;
    };

    DrawnProcess(Matern kernel, const Observed& observed, const Unknown& unknown);

    // At the observed points, then at the pending ones: n + p rows, a column for each draw.
    const Eigen::MatrixXd& values() const { return values_; }

    Prediction predict(const Points& points) const;

    // At one point, with what its derivatives follow from.
    struct Local {
        Eigen::RowVectorXd means;
        double stddev = 0.0;
        Eigen::MatrixXd slopes;   // of the kernel between each point and this one
        Eigen::VectorXd weights;  // of the standard deviation
    };
    Local at(const Eigen::RowVectorXd& point) const;
    // The derivatives by the point's coordinates of a function of means and standard deviation.
    Eigen::RowVectorXd gradient(const Local& local,
                                const Eigen::VectorXd& by_means,
                                double by_stddev) const;

  private:
    Matern kernel_;
    Points points_;  // those with values
    Posterior posterior_;
    Eigen::MatrixXd values_;
    Eigen::MatrixXd alphas_;  // (K + noise)^-1 values
};

}  // namespace parnas::search
