// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>

#include "core/rng.h"
#include "core/trial.h"
#include "evaluators/torch/supernet/runner.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "evaluators/torch/training_data.h"
#include "evaluators/torch/training_options.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

// What an epoch of a supernet's training works on, whichever way it trains.
struct EpochRun {
    const spaces::SearchSpace& space;
    SharedWeights& weights;
    const at::Tensor& velocity;  // of the weights' optimiser, flat like them
    const TrainingData& data;
    const AugmentOptions& augment;
    Rng rng;
    std::stop_token stop;
    std::function<void(double share, const Metrics& metrics)> progress;  // may be empty
};

EpochRun make_epoch_run(const PhaseParts& parts,
                        const PhaseContext& context,
                        SharedWeights& weights,
                        const at::Tensor& velocity);

}  // namespace parnas::evaluators
