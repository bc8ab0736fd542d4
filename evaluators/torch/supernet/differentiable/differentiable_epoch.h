// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "core/trial.h"
#include "evaluators/torch/supernet/differentiable/strength_weights.h"
#include "evaluators/torch/supernet/epoch_run.h"
#include "search/weight_sharing/differentiable_epoch.h"
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

// A supernet and what weighs its options.
struct OpenSupernet {
    const spaces::Supernet& supernet;
    const StrengthWeights& strengths;  // of the epoch's architecture
    const AlphaMoments& moments;
};

struct DifferentiableFigures {
    // train_loss, validation_loss (of the steps of architecture parameters), the expected cost, and
    // health figures (search/weight_sharing/health.h) with mixed_accuracy and discretised_accuracy.
    Metrics metrics;
    std::optional<search::Architecture> losses;  // search::EpochAttachment's
};

// Changes weights, architecture parameters and the optimisers' states. Holds a Busy, so that
// measurements on this machine can make it wait.
std::variant<DifferentiableFigures, Failure> train_differentiable(
    const search::DifferentiableEpoch& epoch,
    const OpenSupernet& open,
    const EpochRun& run);

}  // namespace parnas::evaluators
