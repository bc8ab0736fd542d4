// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/error.h"
#include "store/service_store.h"

// What every store refuses of a server's records, and in which words.
namespace parnas::store {

// Throw Error(invalid_input) with all faults.
void check_starts(std::span<const AttemptStart> attempts);
void check_report(const LateReport& report);
void check_answer(const Answer& answer);
void check_record(const WorkerRecord& worker);
void check_record(const TokenRecord& token);
void check_record(const JobRecord& job);
void check_record(const AuditRecord& record);
// What comes with a record.
void check_put(const PutOptions& with);

// Of a batch. Throws Error(internal): the driver that made it has a bug.
void check_end(const AttemptEnd& end);
void check_jobs(const Batch& batch);

// Throws Error(conflict) unless the trial is at this attempt.
void check_attempt(const AttemptStart& start, std::int64_t present);
// Throws Error(conflict) unless the attempt that is to end is open.
void check_open(const AttemptEnd& end, AttemptState present);

// The revision after `present` (0: there is none yet). Throws Error(conflict) if another is
// expected.
std::int64_t next_revision(std::string_view id,
                           std::int64_t present,
                           std::optional<std::int64_t> expected);

// Throws Error(conflict) unless the job that is to be changed is the present one.
void check_job(const StudySpec& study, const JobChange& change);

Error granted_before(const AttemptStart& start);
Error open_already(const AttemptStart& start);
Error taken_lease(std::string_view lease);
Error taken_key(const Answer& answer);
Error taken_token_name(std::string_view name);
Error unknown_record(std::string_view id);
Error unknown_lease(std::string_view lease);

}  // namespace parnas::store
