// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <Eigen/Core>

namespace parnas::search {

// What a trial says of one output.
struct Output {
    enum class Kind {
        measured,
        pruned,  // not worth going on with
        failed   // there is no value
    };

    Kind kind = Kind::measured;
    double value = 0.0;  // to be minimised; if measured
};

// Outputs as a Gaussian process can learn them: targets with mean 0 and deviation 1. They are
// linear in the value up to the median of those that were measured plus twice the spread of the
// better half around it; beyond that they grow with its logarithm, so that outliers do not hide
// the differences between good trials. Failed trials are as bad as the worst, pruned ones as the
// upper quartile.
class Targets {
  public:
    explicit Targets(std::span<const Output> outputs);

    const Eigen::VectorXd& values() const { return values_; }  // one per output
    double target(double value) const;
    double value(double target) const;  // its inverse

  private:
    double median_ = 0.0;
    double spread_ = 1.0;  // of values below the median around it
    double mean_ = 0.0;    // of the targets before they are standardised
    double stddev_ = 1.0;
    Eigen::VectorXd values_;
};

// Excesses over limits (negative within them) as targets: 0 stays 0, larger ones grow with their
// logarithm, and their mean square is 1. Infinite ones are as bad as the worst finite one.
Eigen::VectorXd excess_targets(std::span<const double> excesses);

}  // namespace parnas::search
