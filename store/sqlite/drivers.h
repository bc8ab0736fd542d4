// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "store/sqlite/database.h"
#include "store/store.h"

// Who drives a study; whoever changes that is within the writer's transaction.
namespace parnas::store::sqlite {

Driver acquire(Database& database, StudyId id, const Holder& holder, Seconds ttl);
// Extends the claim of a driver that still has it. Throws Error(conflict) otherwise.
void extend(Database& database, const Driver& driver);
void release(Database& database, const Driver& driver);
// Throws Error(conflict) while somebody has the study.
void require_no_driver(Database& database, StudyId id);
std::optional<Holder> read_holder(Database& database, StudyId id);

}  // namespace parnas::store::sqlite
