// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "store/service_store.h"
#include "store/sqlite/database.h"

// Attempts and their leases.
namespace parnas::store::sqlite {

// Throws Error(not_found) if there is no such study, Error(conflict) as ServiceStore::grant().
void write_grants(Database& database, StudyId id, std::span<const AttemptStart> attempts);
// Throws Error(conflict) for an attempt that is over; passes over those never granted.
void write_attempt_ends(Database& database, StudyId id, std::span<const AttemptEnd> ends);
// Ends the trial's open attempt, if there is one, as superseded.
void supersede_attempt(Database& database, std::int64_t trial_id, TimePoint time);

std::vector<AttemptRecord> read_attempts(Database& database, StudyId id, TrialNumber number);
std::vector<AttemptRecord> read_open_attempts(Database& database, StudyId id);
// Also those that are over, in no order.
std::vector<AttemptRecord> read_all_attempts(Database& database, StudyId id);
AttemptRecord read_lease(Database& database, std::string_view lease);

void write_late_report(Database& database, const LateReport& report);
std::vector<LateReport> read_late_reports(Database& database, std::string_view lease);

}  // namespace parnas::store::sqlite
