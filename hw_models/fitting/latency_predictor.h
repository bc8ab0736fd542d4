// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hw_models/fitting/block_regression.h"
#include "hw_models/fitting/boosted_trees.h"
#include "hw_models/fitting/feature_schema.h"
#include "hw_models/fitting/known_targets.h"

namespace parnas::hw_models {

// One of the models that a predictor is made of: the blocks of features that it sees, with the
// variance that each is expected to explain, as a share of the latencies' own.
struct MemberOptions {
    std::string name;
    std::vector<std::string> blocks;
    std::vector<double> variances;
};

struct PredictorOptions {
    // At least one. Blocks kKnownTargets and kKnownTargetsMean may be among theirs; without known
    // targets they are left out.
    std::vector<MemberOptions> members;
    double confidence = 0.9;        // of the interval
    Eigen::Index trees_from = 150;  // samples, above which trees look for interactions
};

// What a predictor says of networks; of a measurement of each, in ms.
struct PredictedLatencies {
    Eigen::VectorXd mean;
    Eigen::VectorXd stddev;
    Eigen::VectorXd low;
    Eigen::VectorXd high;
    Eigen::VectorXd novelty;  // as of LatencyPosterior
};

// How a predictor did on the samples it was fitted to, each left out of its own prediction.
struct PredictorEvidence {
    Eigen::Index samples = 0;
    double mean_error = 0.0;  // of |predicted / measured - 1|
    double within_10 = 0.0;   // share of predictions within 10 %
    double explained = 0.0;   // Q^2: 1 - mean square error / variance of the latencies
};

// Latencies of networks on one target, fitted to measurements: an average of block regressions,
// weighted by how well each foretells the samples that are left out of it (a power of the errors'
// ratio, from 4 to 12 as samples come: a choice where one is better, a mean where they are alike);
// above `trees_from` samples times what trees find in the ratios, as far as folds confirm it. The
// interval is as wide, in standard deviations, as it takes to hold the left-out samples
// (intervals.h). A value, const and thread-safe.
class LatencyPredictor {
  public:
    struct Member {
        std::string name;
        double weight = 0.0;
        BlockRegression model;
    };
    struct Parts {
        FeatureSchema schema;  // of the rows it is asked about
        std::vector<KnownTarget> known;
        std::vector<Member> members;
        BoostedTrees trees;
        double trees_share = 0.0;      // of their logarithm of the ratio that is believed
        double trees_sharpness = 1.0;  // standard deviations with them, by those without
        double least_ms = 0.0;         // no prediction is below
        double interval = 1.645;       // half its width, in standard deviations
        PredictorEvidence evidence;
    };

    explicit LatencyPredictor(Parts parts) : parts_(std::move(parts)) {}

    // `rows` of the schema.
    PredictedLatencies predict(const FeatureRows& rows) const;

    // The part of it that is a sum over the schema's columns (without trees and bounds).
    AdditiveLatency additive_part() const;

    const Parts& parts() const { return parts_; }
    const FeatureSchema& schema() const { return parts_.schema; }
    const PredictorEvidence& evidence() const { return parts_.evidence; }

  private:
    Parts parts_;
};

// `reference`: of with_known_targets() of rows of the space that is searched; those of the
// samples are a poor substitute. At least two samples. Throws Error(invalid_input) for a latency
// that is no positive number. Nothing is random.
LatencyPredictor fit_latency_predictor(const FeatureSchema& schema,
                                       const Samples& samples,
                                       const FeatureStatistics& reference,
                                       const PredictorOptions& options,
                                       std::vector<KnownTarget> known = {});

}  // namespace parnas::hw_models
