// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "evaluators/phase_runner.h"
#include "evaluators/torch/zero_cost/batches.h"

namespace parnas::evaluators {

// Runs a scoring phase (search/zero_cost/scoring_phase.h): its attachment has the scores, its
// metrics are how many candidates were "scored" and how many have no scores, "unscored".
PhaseOutcome run_scoring_phase(const Phase& phase,
                               const PhaseContext& context,
                               const Batches& batches);

// Runs scoring phases alone. Keeps a reference.
std::unique_ptr<PhaseRunner> make_scoring_runner(const Batches& batches);

}  // namespace parnas::evaluators
