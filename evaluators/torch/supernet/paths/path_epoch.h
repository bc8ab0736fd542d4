// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <variant>

#include "core/rng.h"
#include "core/trial.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "evaluators/torch/training_data.h"
#include "evaluators/torch/training_options.h"
#include "search/weight_sharing/path_epoch.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

struct PathEpochRun {
    const spaces::SearchSpace& space;
    const search::PathEpoch& epoch;
    SharedWeights& weights;
    const at::Tensor& velocity;  // of the optimiser, flat like the weights
    SharedWeights* teacher;      // null: none
    const TrainingData& data;
    const AugmentOptions& augment;
    Rng rng;
    std::stop_token stop;
    std::function<void(double share, const Metrics& metrics)> progress;  // may be empty
};

// Changes weights and velocity. Metrics: train_loss, the mean over all sub-networks of what
// they learned from; if the epoch validates also accuracy_largest and accuracy_smallest.
// Holds a Busy, so that measurements on this machine can make it wait.
std::variant<Metrics, Failure> train_paths(const PathEpochRun& run);

}  // namespace parnas::evaluators
