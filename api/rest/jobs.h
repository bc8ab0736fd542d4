// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"
#include "api/service/jobs.h"

namespace parnas::rest {

// What is asked of searches: submit_job, cancel_job, get_job_logs, create_study and update_study.
// Everything outlives the operations.
void add_jobs(Operations& operations, const Service& service, service::Jobs& jobs);

}  // namespace parnas::rest
