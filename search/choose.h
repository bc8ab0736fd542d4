// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "search/goals.h"
#include "store/store.h"

namespace parnas::search {

struct ChoiceRules {
    Limits limits;
    Limits of_job;  // what a finalist is held to as well, by what the study says of it
    // That a latency is within its limit; none: of its median.
    std::optional<double> confidence;
    // A trial's metrics on another target; nothing if it cannot run there. Then any complete trial
    // may be chosen: who is best within a limit there need not be on the front here.
    std::function<std::optional<Metrics>(const store::TrialRecord&)> elsewhere;
};

struct Choice {
    // The trial with the best first objective among those that meet all limits: of the
    // finalists, which were trained in full, else of the front. Its metrics are those that were
    // compared with the limits.
    std::optional<store::TrialRecord> trial;
    // If there is none: what stands in the way, one sentence per limit that the nearest
    // trial breaks, and that trial: the one with the least relative excess.
    std::vector<std::string> unmet;
    std::optional<store::TrialRecord> nearest;
};

// A trial without a metric does not meet its limit, but may meet those of the job.
Choice choose(const store::Store& store, StudyId study, const ChoiceRules& rules);

}  // namespace parnas::search
