// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/study_removal.h"

#include <string>
#include <vector>

#include "store/rules.h"
#include "store/sqlite/artifact_queries.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/drivers.h"
#include "store/sqlite/study_queries.h"

namespace parnas::store::sqlite {
namespace {

std::vector<ArtifactId> artifacts_of(Database& database, std::int64_t study) {
    std::vector<ArtifactId> artifacts;
    Query query = database.query(
        "SELECT p.weights FROM parnas_trials p JOIN trials t ON t.trial_id = p.trial_id"
        " WHERE t.study_id = ?1 AND p.weights IS NOT NULL"
        " UNION SELECT p.warm_start FROM parnas_trials p JOIN trials t ON t.trial_id = p.trial_id"
        " WHERE t.study_id = ?1 AND p.warm_start IS NOT NULL"
        " UNION SELECT checkpoint FROM parnas_phases WHERE study_id = ?1 AND kept",
        study);
    while (query.next())
        artifacts.push_back(digest_from_string(query.text(0)));
    return artifacts;
}

}  // namespace

void delete_study(Database& database, StudyId id) {
    count_objectives(database, id);
    require_no_driver(database, id);
    const std::int64_t key = raw(id);
    const std::vector<ArtifactId> artifacts = artifacts_of(database, key);
    for (const char* sql : {"DELETE FROM trial_user_attributes WHERE trial_id IN"
                            " (SELECT trial_id FROM trials WHERE study_id = ?)",
                            "DELETE FROM trial_system_attributes WHERE trial_id IN"
                            " (SELECT trial_id FROM trials WHERE study_id = ?)",
                            "DELETE FROM trial_params WHERE trial_id IN"
                            " (SELECT trial_id FROM trials WHERE study_id = ?)",
                            "DELETE FROM trial_values WHERE trial_id IN"
                            " (SELECT trial_id FROM trials WHERE study_id = ?)",
                            "DELETE FROM trial_intermediate_values WHERE trial_id IN"
                            " (SELECT trial_id FROM trials WHERE study_id = ?)",
                            "DELETE FROM trial_heartbeats WHERE trial_id IN"
                            " (SELECT trial_id FROM trials WHERE study_id = ?)",
                            "DELETE FROM trials WHERE study_id = ?",
                            "DELETE FROM study_directions WHERE study_id = ?",
                            "DELETE FROM study_user_attributes WHERE study_id = ?",
                            "DELETE FROM study_system_attributes WHERE study_id = ?",
                            "DELETE FROM studies WHERE study_id = ?"})
        database.execute(sql, key);
    for (const ArtifactId& artifact : artifacts)
        release_artifact(database, artifact);
}

}  // namespace parnas::store::sqlite
