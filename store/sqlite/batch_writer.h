// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sqlite/database.h"
#include "store/store.h"

namespace parnas::store::sqlite {

// Writes a batch, within the writer's transaction. What throws leaves it half-written: the
// caller rolls back.
void write_batch(Database& database, const Batch& batch);

}  // namespace parnas::store::sqlite
