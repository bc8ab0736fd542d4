// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/json.h"
#include "evaluators/torch/supernet/runner.h"
#include "search/weight_sharing/differentiable_epoch.h"

namespace parnas::evaluators {

// One epoch of a differentiable search, from the checkpoint before to the next one. A checkpoint
// has the supernet's weights, "velocity/all" and the moments of the architecture parameters,
// "alpha/first", "alpha/second" and "alpha/steps".
PhaseOutcome run_differentiable_phase(const Phase& phase,
                                      const Json& settings,
                                      const PhaseParts& parts,
                                      const PhaseContext& context);

// How the supernet fits into `bytes`.
struct Fit {
    std::int64_t partial_channels = 1;
    search::OptionWeights weights = search::OptionWeights::softmax;
};
// The smallest K of 1, 2, 4 and 8 with which an epoch's supernet takes no more than `bytes` in
// training; if there is none, the largest that the space's channels allow, with one option at a
// time. K is 1 where networks are to inherit weights.
Fit fit_into(double bytes,
             const search::DifferentiableEpoch& epoch,
             const spaces::SearchSpace& space);

}  // namespace parnas::evaluators
