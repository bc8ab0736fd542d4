// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

struct SeenJob {
    store::JobRecord job;
    store::StudyRecord study;
};

// Which job the path names. Throws Error(not_found), also if the caller may not see its study.
SeenJob find_job(const Call& call, const Service& service);
// A job with its ETag.
http::Response answer_job(int status, const SeenJob& seen, const Service& service);

// list_jobs and get_job.
void add_job_reading(Operations& operations, const Service& service);

}  // namespace parnas::rest
