// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/phase_queries.h"

#include "store/rules.h"
#include "store/sqlite/artifact_queries.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/study_queries.h"

namespace parnas::store::sqlite {
namespace {

std::int64_t next_index(Database& database, StudyId study) {
    Query query = database.query(
        "SELECT ifnull(max(phase_index), -1) + 1 FROM parnas_phases WHERE study_id = ?",
        raw(study));
    query.next();
    return query.integer(0);
}

void write_phase(Database& database, StudyId study, const PhaseRecord& phase) {
    database.execute(
        "INSERT INTO parnas_phases (study_id, phase_index, name, settings, warm_start, told,"
        " metrics, attachment, cost_s, checkpoint, kept, started, finished)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        raw(study),
        phase.index,
        phase.name,
        phase.settings,
        encode_digest(phase.warm_start),
        phase.told,
        encode_metrics(phase.metrics),
        phase.attachment,
        phase.cost.count(),
        encode_digest(phase.checkpoint),
        std::int64_t{phase.kept},
        to_string(phase.started),
        to_string(phase.finished));
}

PhaseRecord phase_from(const Query& row) {
    return {.index = row.integer(0),
            .name = row.text(1),
            .settings = row.text(2),
            .warm_start = decode_digest(row.optional_text(3)),
            .told = row.integer(4),
            .metrics = decode_metrics(row.text(5)),
            .attachment = row.text(6),
            .cost = Seconds(row.real(7)),
            .checkpoint = decode_digest(row.optional_text(8)),
            .kept = row.integer(9) != 0,
            .started = time_from_string(row.text(10)),
            .finished = time_from_string(row.text(11))};
}

}  // namespace

void write_phases(Database& database, StudyId study, std::span<const PhaseRecord> phases) {
    if (phases.empty())
        return;
    std::int64_t next = next_index(database, study);
    for (const PhaseRecord& phase : phases) {
        check_next_phase(phase.index, next++);
        write_phase(database, study, phase);
    }
}

void drop_checkpoint(Database& database, StudyId study, std::int64_t index) {
    std::optional<ArtifactId> checkpoint;
    {
        Query query = database.query(
            "SELECT checkpoint FROM parnas_phases WHERE study_id = ? AND phase_index = ?",
            raw(study),
            index);
        if (!query.next())
            throw no_such_phase(index);
        checkpoint = decode_digest(query.optional_text(0));
    }
    database.execute("UPDATE parnas_phases SET kept = 0 WHERE study_id = ? AND phase_index = ?",
                     raw(study),
                     index);
    if (checkpoint)
        release_artifact(database, *checkpoint);
}

void drop_missing_checkpoints(Database& database, StudyId study) {
    database.execute(
        "UPDATE parnas_phases SET kept = 0 WHERE study_id = ? AND kept"
        " AND checkpoint NOT IN (SELECT id FROM parnas_artifacts)",
        raw(study));
}

std::vector<PhaseRecord> read_phases(Database& database, StudyId id) {
    count_objectives(database, id);
    std::vector<PhaseRecord> phases;
    Query query = database.query(
        "SELECT phase_index, name, settings, warm_start, told, metrics, attachment, cost_s,"
        " checkpoint, kept, started, finished FROM parnas_phases WHERE study_id = ?"
        " ORDER BY phase_index",
        raw(id));
    while (query.next())
        phases.push_back(phase_from(query));
    return phases;
}

}  // namespace parnas::store::sqlite
