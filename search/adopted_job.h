// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "core/json.h"
#include "store/store.h"

namespace parnas::search {

// The job by which a study of another program is searched on: `job` with what it leaves out as the
// study has it, which may be `name`, `objectives` and `space`. The space then has the parameters
// of the study's trials in the order in which they came, without conditions, and each in the
// widest range that it had. Throws Error(invalid_input) if it is needed and no trial has
// parameters, or one that a space cannot have.
Json completed_job(Json job,
                   const store::StudySpec& study,
                   std::span<const store::TrialRecord> trials);

}  // namespace parnas::search
