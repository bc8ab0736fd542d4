// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sqlite/database.h"
#include "store/store.h"

namespace parnas::store::sqlite {

// The study's rows in Optuna's tables; triggers see to those of parnas. Artifacts go that nobody
// else has. Throws Error: not_found, and conflict while somebody drives the study.
void delete_study(Database& database, StudyId id);

}  // namespace parnas::store::sqlite
