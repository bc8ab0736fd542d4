// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/trial.h"
#include "evaluators/command/process.h"
#include "evaluators/evaluator.h"

namespace parnas::evaluators {

struct Terms {
    std::vector<std::string> metrics;  // that a result must have
    Seconds timeout{0};                // of the whole trial
};

// One trial: starts `program`, tells it the candidate, passes on its reports and the
// verdicts, and returns its result; nothing of it is left then. Holds a Busy: the program
// is suspended while a latency is measured, which does not count as its time. Throws
// Error(unavailable) if the program cannot be started.
Outcome converse(const Program& program,
                 const Candidate& candidate,
                 const Context& context,
                 const Terms& terms);

}  // namespace parnas::evaluators
