// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "store/sqlite/database.h"
#include "store/sqlite_store.h"

namespace parnas::store::sqlite {

// Of the file's parnas tables; 0 if it has none yet. Throws as prepare_writer() for what is no
// store, or a newer one.
std::int64_t schema_version(Database& database);

// Brings the tables to kSchemaVersion, in one transaction.
void upgrade(Database& database);

// Whether adopt() would change the file. Throws Error(conflict) for tables of another Optuna than
// 3.0 to 5.0.
bool needs_adoption(Database& database);

// As upgrade(), of a file with Optuna's tables; those of Optuna 3.0 and 3.1 become those of Optuna
// 3.2 to 5.0 in the same transaction. Returns the revision that they had; empty: nothing was to do.
std::string adopt(Database& database);

// Sets up the one writing connection: WAL, a full sync with each commit, and the tables
// that the file does not have yet. Throws Error(conflict) for a file of another version,
// Error(damaged) for one of another program.
void prepare_writer(Database& database);

// One page, as it is.
void write_nothing_new(Database& database);

// Checks what a reading connection found; where another program's file has no parnas
// tables, it sees empty ones.
void prepare_reader(Database& database);

}  // namespace parnas::store::sqlite
