// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "search/goals.h"
#include "store/store.h"

namespace parnas::search {

struct Choice {
    // The trial with the best first objective among those that meet all limits: of the
    // finalists, which were trained in full, else of the front.
    std::optional<store::TrialRecord> trial;
    // If there is none: what stands in the way, one sentence per limit that the nearest
    // trial breaks, and that trial: the one with the least relative excess.
    std::vector<std::string> unmet;
    std::optional<store::TrialRecord> nearest;
};

// A trial without a metric does not meet its limit, but may meet those of the job, which a
// finalist is held to as well.
Choice choose(const store::Store& store,
              StudyId study,
              const Limits& limits,
              const Limits& of_job = {});

}  // namespace parnas::search
