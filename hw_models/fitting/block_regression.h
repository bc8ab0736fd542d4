// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <Eigen/Core>

#include "hw_models/fitting/feature_scale.h"

namespace parnas::hw_models {

// What was measured of networks whose features are the rows of `features`.
struct Samples {
    FeatureRows features;
    Eigen::VectorXd latency_ms;  // > 0
    // Variance of a measurement that is known beforehand, ms^2: its confidence interval's, or
    // 1 / 12 of whole milliseconds.
    double noise_ms2 = 0.0;

    Eigen::Index size() const { return latency_ms.size(); }
};

// A model's word on some networks, in ms; of a measurement, so noise is part of stddev.
struct LatencyPosterior {
    Eigen::VectorXd mean;
    Eigen::VectorXd stddev;
    // How much of what was not known of a network before any measurement, as a variance, is not
    // known yet; in [0, 1].
    Eigen::VectorXd novelty;
};

struct BlockRegressionOptions {
    // Per block of the scale: the variance that its part of the latency is expected to have, in
    // units of the latencies' own. The same of the noise: of what is as large everywhere, and of
    // what grows with the latency.
    Eigen::VectorXd block_variance;
    double absolute_noise = 0.05;
    double relative_noise = 0.1;
    double log_prior_stddev = 1.5;    // of the logarithms of all these
    double degrees_of_freedom = 4.0;  // of the noise
};

// Bayesian linear regression of latencies, with a prior variance for each block of features: the
// Gaussian process with a sum of linear kernels
//
//     k(a, b) = 1 + sum over blocks of  v_block a_block' b_block,
//
// whose variances v and whose noise are the most probable ones under lognormal priors (MAP-II,
// by Fisher scoring). A block that explains nothing shrinks to nothing: so many may be given. As
// latency is a sum over a network's kernels, it is the latency that is regressed, not its
// logarithm. Noise is Student's, by expectation-maximisation of a weight per sample (Lange,
// Little and Taylor, JASA 84, 1989), so that a tenth of outlying measurements does no harm.
//
// What is learned is a vector of weights and their covariance: O(d^2) for a prediction, whatever
// was measured. A value.
class BlockRegression {
  public:
    struct Fit;

    BlockRegression() = default;
    // What it is made of: `weights` and their `covariance` and prior variances are of the constant
    // and the scaled features.
    struct Parts {
        FeatureScale scale;
        Eigen::VectorXd weights;     // ms
        Eigen::MatrixXd covariance;  // ms^2
        Eigen::VectorXd prior;       // ms^2
        double noise_ms2 = 0.0;      // variance of a measurement around the sum
        double noise_share2 = 0.0;   // the same by the square of the latency,
        double least_ms = 0.0;       // which counts as no less than this
    };
    explicit BlockRegression(Parts parts) : parts_(std::move(parts)) {}

    // `rows` of the schema.
    LatencyPosterior predict(const FeatureRows& rows) const;

    const Parts& parts() const { return parts_; }

  private:
    Parts parts_;
};

struct BlockRegression::Fit {
    BlockRegression model;
    // What each sample's own prediction would be if it were left out of the weights (in closed
    // form, at the variances and noise of all).
    Eigen::VectorXd left_out;
    // Its residual, by its own standard deviation if noise were the only reason, outlying or not.
    Eigen::VectorXd studentised;
    double freedom = 0.0;  // degrees of freedom of the samples that weights took
};

// At least two samples. O(n^3) up to 128 samples, then O(n d^2).
BlockRegression::Fit fit_block_regression(const Samples& samples,
                                          FeatureScale scale,
                                          const BlockRegressionOptions& options);

}  // namespace parnas::hw_models
