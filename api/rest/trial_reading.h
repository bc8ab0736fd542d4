// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"
#include "api/rest/study_access.h"

namespace parnas::rest {

// A trial with its attempts and its ETag.
http::Response answer_trial(const SeenStudy& study,
                            const store::TrialRecord& trial,
                            const Service& service);

// list_trials, get_trial and get_trial_reports.
void add_trial_reading(Operations& operations, const Service& service);

}  // namespace parnas::rest
