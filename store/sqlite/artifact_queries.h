// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/sqlite/database.h"
#include "store/store.h"

// Weights and checkpoints.
namespace parnas::store::sqlite {

// One that is there already is kept once.
void write_artifact(Database& database, const Artifact& artifact);
// Deletes it unless a trial has it as its weights or warm start, or a phase keeps it.
void release_artifact(Database& database, const ArtifactId& id);
// Throws Error(not_found).
std::string read_artifact(Database& database, const ArtifactId& id);

}  // namespace parnas::store::sqlite
