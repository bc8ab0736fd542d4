// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "hw_models/fitting/block_regression.h"
#include "hw_models/fitting/feature_schema.h"

namespace parnas::hw_models {

// A latency as a sum over features.
struct AdditiveLatency {
    double constant = 0.0;
    Eigen::VectorXd weights;  // per column of a schema

    Eigen::VectorXd predict(const FeatureRows& rows) const {
        return (rows * weights).array() + constant;
    }
};

// A target that is known already, from which a new one may be like: how networks compare there.
struct KnownTarget {
    std::string name;
    AdditiveLatency latency;  // with mean 0 and standard deviation 1 over a reference
};

// Robust ridge regression of a target's measurements on all columns: weights by Cauchy's
// function of the residual, so that outliers do not matter.
AdditiveLatency fit_additive_latency(const Samples& samples, const FeatureStatistics& reference);

KnownTarget known_target(std::string name, AdditiveLatency latency, const FeatureRows& reference);

// The blocks that known targets add to a schema: a column for each, and one for their mean.
inline constexpr std::string_view kKnownTargets = "known_targets";
inline constexpr std::string_view kKnownTargetsMean = "known_targets_mean";
FeatureSchema with_known_targets(FeatureSchema schema, std::span<const KnownTarget> known);
FeatureRows with_known_targets(const FeatureRows& rows, std::span<const KnownTarget> known);

}  // namespace parnas::hw_models
