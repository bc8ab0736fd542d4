// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <variant>

#include "core/rng.h"
#include "core/trial.h"
#include "evaluators/torch/supernet/differentiable/strength_weights.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "evaluators/torch/training_data.h"
#include "evaluators/torch/training_options.h"
#include "search/weight_sharing/differentiable_epoch.h"
#include "spaces/search_space.h"
#include "spaces/supernet.h"

namespace parnas::evaluators {

// Adam's moments of the architecture parameters.
struct AlphaMoments {
    at::Tensor first;
    at::Tensor second;
    at::Tensor steps;  // one number
};

// Of an optimiser that has made no step yet.
AlphaMoments first_moments(const StrengthWeights& strengths);

struct DifferentiableRun {
    const spaces::SearchSpace& space;
    const search::DifferentiableEpoch& epoch;
    const spaces::Supernet& supernet;
    SharedWeights& weights;            // of the supernet
    const at::Tensor& velocity;        // of the weights' optimiser, flat like them
    const StrengthWeights& strengths;  // of the epoch's architecture
    const AlphaMoments& moments;
    const TrainingData& data;
    const AugmentOptions& augment;
    Rng rng;
    std::stop_token stop;
    std::function<void(double share, const Metrics& metrics)> progress;  // may be empty
};

struct DifferentiableFigures {
    // train_loss, validation_loss (of the steps of architecture parameters), the expected cost, and
    // health figures (search/weight_sharing/health.h) with mixed_accuracy and discretised_accuracy.
    Metrics metrics;
    std::optional<search::Architecture> losses;  // search::EpochAttachment's
};

// Changes weights, architecture parameters and the optimisers' states. Holds a Busy, so that
// measurements on this machine can make it wait.
std::variant<DifferentiableFigures, Failure> train_differentiable(const DifferentiableRun& run);

}  // namespace parnas::evaluators
