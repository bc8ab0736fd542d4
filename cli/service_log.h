// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "api/http/options.h"
#include "api/service/study_host.h"
#include "core/log.h"
#include "store/optuna_store.h"

namespace parnas::cli {

// What a server's log says of what happens. Any thread may call these.
//
// Requests are lines of level debug, and of warning if they were refused for the server's sake
// or took longer than a second though nothing was waited for, and of error if the server has a
// fault. They have the pattern of the route, never the path, the query or headers.
void log_request(Log& log, const http::AccessRecord& record);
void log_start(Log& log, const service::HostedStudy& study);
void log_wait(Log& log, const service::HostedStudy& study, const std::string& trouble);
void log_end(Log& log, const std::string& study, const search::StudyEnd& end);
void log_expired(Log& log, const service::HostedStudy& study, const store::AttemptRecord& attempt);
// Of an Optuna client's trial, taken back from it.
void log_idle(Log& log, const store::OptunaTrial& trial);
// Of a trial that an Optuna client had, and the copy that is queued for it.
void log_expired(Log& log,
                 const store::OptunaTrial& trial,
                 const std::optional<store::TrialId>& copy);
// Of a store that cannot be written, or can again.
void log_store(Log& log, const std::optional<std::string>& trouble);

}  // namespace parnas::cli
