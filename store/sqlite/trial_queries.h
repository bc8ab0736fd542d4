// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "store/sqlite/database.h"
#include "store/store.h"

namespace parnas::store::sqlite {

// By number, from `first`, at most `limit`; one pass over each table. Throws
// Error(not_found) if there is no such study.
std::vector<TrialRecord> read_trials(Database& database,
                                     StudyId id,
                                     TrialNumber first,
                                     std::int64_t limit);
std::optional<TrialRecord> read_result(Database& database, const Digest& reuse_key);

}  // namespace parnas::store::sqlite
