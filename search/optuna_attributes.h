// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "search/job_spec.h"
#include "store/store.h"

namespace parnas::search {

// What Optuna's tools know of a search by attributes of its trials, so that their plots show it.

// The generation that a trial is of, under the key of Optuna's sampler of the same kind.
void note_generation(const JobSpec& job, store::TrialStart& start);

// Of a trial that ends: the job's limits as constraints, metric minus limit, which Optuna calls met
// at 0 and below, in the forms of Optuna 4 (the list `constraints`, in the order of names) and 5
// (`constraints:<metric>`); and the architecture's hash as a user attribute.
void note_result(const JobSpec& job, store::TrialFinish& finish);

}  // namespace parnas::search
