// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "api/client/held_leases.h"
#include "api/client/study_cache.h"

namespace parnas::client {

struct EvaluationEnd {
    TrialResult result;
    std::optional<std::string> error;  // the evaluator threw: the surroundings may be broken
};

// Evaluates a lease's candidate, reports on the way, and keeps the weights at the server. An
// evaluation that was stopped is given back (preempted). Throws Error(damaged) if the candidate is
// none of the study's space. `lease` may be lost in the meantime: then the result is of no use.
EvaluationEnd evaluate(HeldLease& lease, const StudyParts& parts, ServiceClient& client);

}  // namespace parnas::client
