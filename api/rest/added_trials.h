// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"
#include "api/service/jobs.h"

namespace parnas::rest {

// Trials that people add to a study: points to try, results that are known, failed trials to try
// again.
void add_added_trials(Operations& operations, const Service& service, service::Jobs& jobs);

}  // namespace parnas::rest
