// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <Eigen/Core>

#include "search/gp/kernel.h"

namespace parnas::search {

// What a Gaussian process with a Matern kernel has to learn; the defaults of `variance` and
// `noise` are where learning begins.
struct MaternProcess {
    Eigen::VectorXd weights;  // per axis: 1 / length scale^2
    double variance = 1.0;
    double noise = 0.01;

    static MaternProcess initial(Eigen::Index axes, double length = 1.0);
    Matern kernel(const std::vector<Eigen::Index>& axis_of) const {
        return Matern::of_axes(weights, variance, axis_of);
    }
};

inline constexpr double kLeastNoise = 1e-6;

enum class Noise { learned, none };  // none: kLeastNoise, for what is deterministic

struct FitOptions {
    Noise noise = Noise::learned;
    int iterations = 100;
    double length = 1.0;  // that length scales are expected to have
};

// Standardised targets (n) at `points` (n x d).
struct FitData {
    const Points& points;
    const Eigen::VectorXd& targets;
    const std::vector<Eigen::Index>& axis_of;  // per coordinate
};

// The most probable process, found by L-BFGS from `start` on, with the priors of Optuna 5: with
// w = (length / length scale)^2 a density proportional to exp(-0.1 / w - 0.1 w), Gamma(2, 1) for
// the variance and Gamma(1.1, 30) for the noise. O(n^3 + n^2 d) an iteration.
MaternProcess fit(const FitData& data, const MaternProcess& start, const FitOptions& options);

// What fit() maximises: the logarithm of the likelihood times that of the priors.
double log_posterior(const FitData& data, const MaternProcess& process, double length = 1.0);

}  // namespace parnas::search
