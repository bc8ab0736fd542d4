// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

#include "core/rng.h"
#include "hw_models/fitting/feature_scale.h"

namespace parnas::hw_models {

// What is believed of the blocks of a scale before anything is measured; the same as of
// BlockRegressionOptions.
struct DesignPrior {
    Eigen::VectorXd block_variance;
    double noise_variance = 0.05;
};

// Which of the candidates (rows of the schema, at least one) to measure: those in `first`, none
// twice, then each time the one of which the measurements so far would leave most uncertain
// (greedy maximum posterior variance; MacKay, Neural Computation 4(4), 1992), the earliest of
// equals; the last fifth of these at random, as extremes alone would not show how large the noise
// is elsewhere. `count` in all; no row twice. Latencies have no part in it. O(count n d).
std::vector<Eigen::Index> design_probes(const FeatureScale& scale,
                                        const FeatureRows& candidates,
                                        const DesignPrior& prior,
                                        std::span<const Eigen::Index> first,
                                        std::size_t count,
                                        Rng& rng);

}  // namespace parnas::hw_models
