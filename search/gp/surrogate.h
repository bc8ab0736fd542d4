// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "search/gp/fit.h"
#include "search/gp/posterior.h"

namespace parnas::search {

struct SurrogateOptions {
    std::vector<Eigen::Index> axis_of;  // per coordinate
    Noise noise = Noise::learned;
    double length = 1.0;  // that length scales are expected to have
    // Observations that the model has at most when it is refitted, and that hyperparameters are
    // learned from: of more, the lowest half and the newest half.
    std::size_t most = 1000;
    std::size_t most_to_fit = 256;
};

// A Gaussian process of one output that is observed again and again. Its hyperparameters are
// learned anew 16 times with each doubling of the observations, every time from those before on
// and from scratch at each power of two; in between, observations are appended. So its state is
// a function of what was added, in order, whenever it was asked, and after n observations a
// model that has seen none of them is ready within O(n^3).
//
// Not thread-safe.
class Surrogate {
  public:
    // The targets of the first so many observations: n; standardised, lower is better.
    using TargetsOf = std::function<Eigen::VectorXd(std::size_t count)>;

    Surrogate(SurrogateOptions options, TargetsOf targets);

    // One observation more, at a point; its target is asked for later. O(d).
    void add(const Eigen::RowVectorXd& point);
    std::size_t size() const { return added_.size(); }

    // Takes in what was added: O(n^2 d) for each, O(n^3) where it refits. Forgets imagined ones.
    // To be called, with one observation at least, before all that follows.
    void update();

    // Imagines a trial at a point to have its predicted mean, so that it is known there; for
    // trials whose result is not known yet. O(n^2).
    void imagine(const Eigen::RowVectorXd& point);

    struct Prediction {
        Eigen::VectorXd mean;
        Eigen::VectorXd variance;
    };
    // Of q points; O(n^2 q).
    Prediction predict(const Points& points) const;

    struct Sloped {
        double mean = 0.0;
        double stddev = 0.0;
        Eigen::RowVectorXd mean_slope;  // by coordinate
        Eigen::RowVectorXd stddev_slope;
    };
    Sloped predict_sloped(const Eigen::RowVectorXd& point) const;

    // Of the process at the observed and imagined points that the model has, by which
    // observation it is; imagined ones have the numbers after the last.
    struct Fitted {
        std::vector<std::size_t> observations;
        Eigen::VectorXd means;
    };
    Fitted fitted() const { return {.observations = rows_, .means = posterior_.fitted()}; }

    const MaternProcess& process() const { return process_; }

  private:
    void advance(std::size_t count);
    void refit(std::size_t count, bool afresh);
    void append(const Eigen::RowVectorXd& point, std::size_t observation);
    Points points_of(const std::vector<std::size_t>& rows) const;
    void set_targets();

    SurrogateOptions options_;
    TargetsOf targets_of_;
    std::vector<Eigen::RowVectorXd> added_;
    std::size_t seen_ = 0;  // of those added
    MaternProcess process_;
    Matern kernel_;
    std::vector<std::size_t> rows_;  // observations in the model, then imagined ones
    Points points_;                  // of the rows, with room for more
    Posterior posterior_;
    std::vector<double> targets_;  // of the rows
};

}  // namespace parnas::search
