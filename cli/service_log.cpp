// SPDX-License-Identifier: Apache-2.0
#include "cli/service_log.h"

#include <chrono>

namespace parnas::cli {
namespace {

constexpr std::chrono::seconds kSlow{1};

LogLevel level_of(const http::AccessRecord& record) {
    if (record.status == 500)
        return LogLevel::error;
    const bool slow = record.duration > kSlow && !record.lasting;
    return record.status > 500 || slow ? LogLevel::warning : LogLevel::debug;
}

}  // namespace

void log_request(Log& log, const http::AccessRecord& record) {
    const LogLevel level = level_of(record);
    if (!log.takes(level))
        return;
    std::vector<LogField> fields{{"id", record.id},
                                 {"method", record.method},
                                 {"route", record.route},
                                 {"status", std::int64_t{record.status}},
                                 {"ms", static_cast<double>(record.duration.count()) / 1000.0},
                                 {"bytes", static_cast<std::int64_t>(record.sent_bytes)},
                                 {"from", record.remote_address}};
    if (!record.principal.empty())
        fields.push_back({"token", record.principal});
    if (!record.error.empty())
        fields.push_back({"error", record.error});
    log.write(level, "request", std::move(fields));
}

void log_start(Log& log, const service::HostedStudy& study) {
    log.write(LogLevel::info, "study_started", {{"study", study.name()}});
}

void log_wait(Log& log, const service::HostedStudy& study, const std::string& trouble) {
    log.write(LogLevel::warning, "study_waits", {{"study", study.name()}, {"reason", trouble}});
}

void log_end(Log& log, const std::string& study, const search::StudyEnd& end) {
    const bool failed = end.state == store::StudyState::failed;
    log.write(failed ? LogLevel::error : LogLevel::info,
              "study_ended",
              {{"study", study},
               {"state", std::string(store::to_string(end.state))},
               {"reason", end.reason}});
}

void log_expired(Log& log, const service::HostedStudy& study, const store::AttemptRecord& attempt) {
    log.write(LogLevel::warning,
              "lease_expired",
              {{"study", study.name()},
               {"trial", attempt.number},
               {"attempt", attempt.attempt},
               {"lease", attempt.lease},
               {"worker", attempt.worker}});
}

void log_idle(Log& log, const store::OptunaTrial& trial) {
    log.write(LogLevel::warning,
              "idle_trial_waits_again",
              {{"study_id", static_cast<std::int64_t>(trial.study)}, {"trial", trial.number}});
}

void log_expired(Log& log,
                 const store::OptunaTrial& trial,
                 const std::optional<store::TrialId>& copy) {
    std::vector<LogField> fields{{"study_id", static_cast<std::int64_t>(trial.study)},
                                 {"trial", trial.number},
                                 {"trial_id", static_cast<std::int64_t>(trial.id)}};
    if (copy)
        fields.push_back({"retried_as", static_cast<std::int64_t>(*copy)});
    log.write(LogLevel::warning, "lease_expired", std::move(fields));
}

void log_store(Log& log, const std::optional<std::string>& trouble) {
    if (trouble)
        log.write(LogLevel::error, "store_read_only", {{"reason", *trouble}});
    else
        log.write(LogLevel::info, "store_writable");
}

}  // namespace parnas::cli
