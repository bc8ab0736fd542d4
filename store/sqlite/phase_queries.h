// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "store/sqlite/database.h"
#include "store/store.h"

// Finished phases.
namespace parnas::store::sqlite {

// Throws Error(conflict) unless they are the study's next ones.
void write_phases(Database& database, StudyId study, std::span<const PhaseRecord> phases);
// Throws Error(conflict) for a phase that was not written.
void drop_checkpoint(Database& database, StudyId study, std::int64_t index);
// Checkpoints that are not in the store count as dropped.
void drop_missing_checkpoints(Database& database, StudyId study);
// By index. Throws Error(not_found) if there is no such study.
std::vector<PhaseRecord> read_phases(Database& database, StudyId id);

}  // namespace parnas::store::sqlite
