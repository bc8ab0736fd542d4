// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "store/service_records.h"
#include "store/sqlite/database.h"

namespace parnas::store::sqlite {

// As put() of a worker; also throws Error(not_found) if there is no such study.
std::int64_t put(Database& database, const JobRecord& job, std::optional<std::int64_t> expected);
// Throws Error(not_found).
JobRecord read_job(Database& database, std::string_view id);
// Those with ids after `after`, in their order; of one study, or of all.
std::vector<JobRecord> read_jobs(Database& database,
                                 std::string_view after,
                                 std::int64_t limit,
                                 std::optional<StudyId> study);

}  // namespace parnas::store::sqlite
