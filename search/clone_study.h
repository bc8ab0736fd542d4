// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/job_spec.h"
#include "store/store.h"

namespace parnas::search {

// A system attribute of studies, {"study", "trials"}, and of trials, {"study", "trial"}: whose copy
// they are.
inline constexpr const char* kClonedFrom = "parnas:cloned_from";

// Which trials a clone begins with. `all`: as they are, so that the clone goes on as the
// study itself would, with its phases and the checkpoint that it keeps; an unfinished one is
// taken over by the clone's first session. `front`: the front alone, numbered from 0, without
// phases: the clone does its own.
enum class CloneTrials { none, all, front };

// Makes a study of `job` (prepared, warm start resolved) with copies of another study's
// trials, in one commit. Its first points are not tried again if it begins with a front. A
// clone with trials has its space, objectives, evaluator and target from the other study:
// Error(invalid_input) with a fault for each that differs. Where it came from is in the system
// attribute `parnas:cloned_from` of the study and of each trial.
StudyId clone_study(store::Store& store,
                    const store::StudyRecord& from,
                    JobSpec job,
                    CloneTrials trials);

}  // namespace parnas::search
