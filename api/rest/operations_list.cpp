// SPDX-License-Identifier: Apache-2.0
#include "api/rest/operations_list.h"

#include "api/rest/added_trials.h"
#include "api/rest/analyses.h"
#include "api/rest/architectures.h"
#include "api/rest/audit.h"
#include "api/rest/events.h"
#include "api/rest/front.h"
#include "api/rest/health.h"
#include "api/rest/job_reading.h"
#include "api/rest/jobs.h"
#include "api/rest/meta.h"
#include "api/rest/spaces.h"
#include "api/rest/study_reading.h"
#include "api/rest/targets.h"
#include "api/rest/token_reading.h"
#include "api/rest/tokens.h"
#include "api/rest/trial_reading.h"
#include "api/rest/upkeep.h"
#include "api/rest/uploads.h"
#include "api/rest/worker_reading.h"
#include "api/rest/working.h"

namespace parnas::rest {

Operations all_operations(const Service& service, const Control& control) {
    Operations operations;
    add_health(operations, service);
    add_meta(operations, service);
    add_study_reading(operations, service);
    add_trial_reading(operations, service);
    add_front(operations, service);
    add_analyses(operations, service);
    add_events(operations, service);
    add_spaces(operations, service);
    add_architectures(operations, service);
    add_targets(operations, service);
    add_job_reading(operations, service);
    add_worker_reading(operations, service);
    add_token_reading(operations, service);
    add_audit(operations, service);
    add_jobs(operations, service, control.jobs);
    add_added_trials(operations, service, control.jobs);
    add_working(operations, service, control.workers, control.leases, control.uploads);
    add_uploads(operations, service, control.uploads);
    add_sessions(operations, control.sessions, control.tokens);
    add_tokens(operations, control.tokens);
    add_upkeep(operations, control.upkeep);
    add_optuna(operations, service, control.optuna);
    return operations;
}

}  // namespace parnas::rest
