// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/artifact_queries.h"

#include "store/rules.h"

namespace parnas::store::sqlite {

void write_artifact(Database& database, const Artifact& artifact) {
    database.execute(
        "INSERT INTO parnas_artifacts (id, kind, size, bytes) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        to_string(artifact.id),
        artifact.kind,
        static_cast<std::int64_t>(artifact.bytes.size()),
        Blob{artifact.bytes});
}

void release_artifact(Database& database, const ArtifactId& id) {
    database.execute(
        "DELETE FROM parnas_artifacts WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM parnas_trials WHERE weights = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM parnas_trials WHERE warm_start = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM parnas_phases WHERE checkpoint = ?1 AND kept)",
        to_string(id));
}

std::string read_artifact(Database& database, const ArtifactId& id) {
    Query query = database.query("SELECT bytes FROM parnas_artifacts WHERE id = ?", to_string(id));
    if (!query.next())
        throw unknown_artifact(id);
    return query.text(0);
}

}  // namespace parnas::store::sqlite
