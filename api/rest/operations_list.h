// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/optuna.h"
#include "api/rest/service.h"
#include "api/rest/sessions.h"
#include "api/service/jobs.h"
#include "api/service/leases.h"
#include "api/service/tokens.h"
#include "api/service/upkeep.h"
#include "api/service/uploads.h"
#include "api/service/workers.h"

namespace parnas::rest {

// What operations change. All of it outlives them.
struct Control {
    service::Jobs& jobs;
    service::Workers& workers;
    service::Leases& leases;
    service::Uploads& uploads;
    service::Tokens& tokens;
    service::Upkeep& upkeep;
    Sessions& sessions;
    OptunaService optuna;
};

// Everything that a server does.
Operations all_operations(const Service& service, const Control& control);

}  // namespace parnas::rest
