// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "store/sqlite/database.h"
#include "store/store.h"

namespace parnas::store::sqlite {

// Writes a batch, within the writer's transaction. What throws leaves it half-written: the
// caller rolls back.
void write_batch(Database& database, const Batch& batch);
// The same for a study that was made just now: nobody drives it yet, and weights that the
// store does not have are left out.
void write_first_batch(Database& database, StudyId study, const Batch& batch);

// Throws Error(not_found) for an unknown study or trial.
void write_attributes(Database& database, StudyId study, std::span<const AttributeChange> changes);

}  // namespace parnas::store::sqlite
