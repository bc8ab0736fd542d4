// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"
#include "evaluators/torch/supernet/runner.h"

namespace parnas::evaluators {

// One epoch of path training, from the checkpoint before to the next one. A checkpoint has
// the shared weights, "velocity/all" of the optimiser, and once there is a teacher its
// weights, "teacher/<weight>".
PhaseOutcome run_path_phase(const Phase& phase,
                            const Json& settings,
                            const PhaseParts& parts,
                            const PhaseContext& context);

}  // namespace parnas::evaluators
