// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "hw_models/fitting/latency_predictor.h"

namespace parnas::hw_models::testing {

// A space of networks with three counts and three features that mean nothing, and a target where
// a latency is a sum over the counts.
inline FeatureSchema schema() {
    return {{{.name = "counts", .columns = {"a", "b", "c"}},
             {.name = "noise", .columns = {"x", "y", "z"}}}};
}

inline FeatureRows rows(Eigen::Index count, Rng rng) {
    FeatureRows rows(count, 6);
    for (Eigen::Index i = 0; i < count; ++i)
        for (Eigen::Index j = 0; j < 6; ++j)
            rows(i, j) = j < 3 ? static_cast<double>(rng.integer(0, 6)) : rng.normal();
    return rows;
}

// Without noise, ms.
inline Eigen::VectorXd latencies(const FeatureRows& rows) {
    return 3.0 + (rows.leftCols(3) * Eigen::Vector3d(1.0, 0.2, 2.5)).array();
}

// Relative noise.
inline Samples samples(Eigen::Index count, double noise, Rng rng) {
    Samples samples{.features = rows(count, rng.fork("rows")), .latency_ms = {}};
    samples.latency_ms = latencies(samples.features);
    for (double& latency : samples.latency_ms)
        latency *= 1.0 + noise * rng.normal();
    return samples;
}

inline PredictorOptions options() {
    return {.members = {{.name = "counts", .blocks = {"counts"}, .variances = {1.0}},
                        {.name = "all", .blocks = {"counts", "noise"}, .variances = {0.7, 0.3}}}};
}

inline FeatureStatistics reference() {
    return statistics_of(rows(500, Rng(77)));
}

}  // namespace parnas::hw_models::testing
