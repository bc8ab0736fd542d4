// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "search/job_spec.h"
#include "search/sampler.h"
#include "search/trial_codec.h"
#include "store/store.h"

namespace parnas::search {

// Of the search's own front as many as the job has finalists, the best by the first objective
// or spread over it, to be trained in full. `trials`: of the whole study; the front as it is may
// have finalists on it.
std::vector<Proposal> propose_finalists(std::span<const store::TrialRecord> trials,
                                        const TrialCodec& codec,
                                        const JobSpec& job);

}  // namespace parnas::search
