// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sqlite/database.h"
#include "store/store.h"

// Who drives a study; all within the writer's transaction.
namespace parnas::store::sqlite {

Driver acquire(Database& database, StudyId id, const Holder& holder, Seconds ttl);
// Extends the claim of a driver that still has it. Throws Error(conflict) otherwise.
void extend(Database& database, const Driver& driver);
void release(Database& database, const Driver& driver);

}  // namespace parnas::store::sqlite
