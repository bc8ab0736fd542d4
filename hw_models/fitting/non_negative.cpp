// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/non_negative.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <Eigen/Cholesky>

namespace parnas::hw_models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

class ActiveSet {
  public:
    ActiveSet(const MatrixXd& a, const VectorXd& b)
        : gram_(a.transpose() * a), target_(a.transpose() * b), x_(VectorXd::Zero(a.cols())) {
        // Enough to make dependent columns solvable, too little to see.
        gram_.diagonal().array() += 1e-12 * std::max(gram_.diagonal().maxCoeff(), 1e-300);
        tolerance_ = 1e-11 * std::max(target_.cwiseAbs().maxCoeff(), 1e-300);
    }

    VectorXd run() {
        std::vector<bool> in(static_cast<std::size_t>(x_.size()), false);
        for (Index step = 0; step < 3 * x_.size(); ++step) {
            const VectorXd slope = target_ - gram_ * x_;
            Index best = -1;
            for (Index i = 0; i < x_.size(); ++i)
                if (!in[static_cast<std::size_t>(i)] && slope[i] > tolerance_ &&
                    (best < 0 || slope[i] > slope[best]))
                    best = i;
            if (best < 0)
                break;
            in[static_cast<std::size_t>(best)] = true;
            free_.push_back(best);
            settle(in);
        }
        return x_;
    }

  private:
    // Moves towards the free coefficients' least squares, holding each that reaches 0.
    void settle(std::vector<bool>& in) {
        while (!free_.empty()) {
            const MatrixXd gram = gram_(free_, free_);
            const VectorXd wanted = gram.ldlt().solve(VectorXd(target_(free_)));
            double share = 1.0;
            for (std::size_t i = 0; i < free_.size(); ++i) {
                const double from = x_[free_[i]];
                const double to = wanted[static_cast<Index>(i)];
                if (to <= 0.0)
                    share = std::min(share, from > to ? from / (from - to) : 0.0);
            }
            for (std::size_t i = 0; i < free_.size(); ++i)
                x_[free_[i]] += share * (wanted[static_cast<Index>(i)] - x_[free_[i]]);
            if (share == 1.0)
                return;
            std::erase_if(free_, [&](Index i) {
                const bool held = x_[i] <= std::numeric_limits<double>::min();
                if (held) {
                    x_[i] = 0.0;
                    in[static_cast<std::size_t>(i)] = false;
                }
                return held;
            });
        }
    }

    MatrixXd gram_;
    VectorXd target_;
    VectorXd x_;
    double tolerance_ = 0.0;
    std::vector<Index> free_;
};

}  // namespace

VectorXd non_negative_least_squares(const MatrixXd& a, const VectorXd& b) {
    return ActiveSet(a, b).run();
}

}  // namespace parnas::hw_models
