// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"
#include "api/service/leases.h"
#include "api/service/uploads.h"
#include "api/service/workers.h"

namespace parnas::rest {

// What workers do: register_worker, update_worker, take_leases, heartbeat, report and put_result;
// and the same for those who are none: ask and tell.
// Everything outlives the operations.
void add_working(Operations& operations,
                 const Service& service,
                 service::Workers& workers,
                 service::Leases& leases,
                 service::Uploads& uploads);

}  // namespace parnas::rest
