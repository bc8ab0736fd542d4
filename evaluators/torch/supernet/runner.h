// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "evaluators/phase_runner.h"
#include "evaluators/torch/training_data.h"
#include "evaluators/torch/training_options.h"

namespace parnas::evaluators {

// What phases have of the evaluator that they belong to.
struct PhaseParts {
    const TrainingData& data;
    const TrainingOptions& options;
};

// Trains supernets, one epoch a phase; `type` of a phase's settings says how: "paths"
// (search/weight_sharing/path_epoch.h) or "differentiable" (differentiable_epoch.h beside it).
// Scores candidates without training too: "zero_cost" (search/zero_cost/scoring_phase.h).
// `parts` outlive it.
std::unique_ptr<PhaseRunner> make_supernet_runner(const PhaseParts& parts);

}  // namespace parnas::evaluators
