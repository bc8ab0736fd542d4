// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// A worker with its leases and its ETag.
http::Response answer_worker(const Call& call,
                             const store::WorkerRecord& worker,
                             const Service& service);

// list_workers and get_worker.
void add_worker_reading(Operations& operations, const Service& service);

}  // namespace parnas::rest
