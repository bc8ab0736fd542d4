// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/job_queries.h"

#include "store/service_rules.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/study_queries.h"

namespace parnas::store::sqlite {
namespace {

#define PARNAS_JOBS                                                                         \
    "SELECT id, study_id, kind, state, document, token, reason, submitted, started, ended," \
    " revision FROM parnas_jobs "

JobRecord job_from(const Query& row) {
    return {.id = row.text(0),
            .study = static_cast<StudyId>(row.integer(1)),
            .kind = row.text(2),
            .state = job_state_from_string(row.text(3)),
            .document = row.text(4),
            .token = row.text(5),
            .reason = row.text(6),
            .submitted = time_from_string(row.text(7)),
            .started = decode_time(row.optional_text(8)),
            .ended = decode_time(row.optional_text(9)),
            .revision = row.integer(10)};
}

std::vector<JobRecord> jobs_of(Query query) {
    std::vector<JobRecord> jobs;
    while (query.next())
        jobs.push_back(job_from(query));
    return jobs;
}

std::int64_t job_revision(Database& database, std::string_view id) {
    Query query = database.query("SELECT revision FROM parnas_jobs WHERE id = ?", id);
    return query.next() ? query.integer(0) : 0;
}

}  // namespace

std::int64_t put(Database& database, const JobRecord& job, std::optional<std::int64_t> expected) {
    count_objectives(database, job.study);
    const std::int64_t revision = next_revision(job.id, job_revision(database, job.id), expected);
    database.execute(
        "INSERT OR REPLACE INTO parnas_jobs (id, study_id, kind, state, document, token, reason,"
        " submitted, started, ended, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        job.id,
        raw(job.study),
        job.kind,
        to_string(job.state),
        job.document,
        job.token,
        job.reason,
        to_string(job.submitted),
        encode_time(job.started),
        encode_time(job.ended),
        revision);
    return revision;
}

JobRecord read_job(Database& database, std::string_view id) {
    Query query = database.query(PARNAS_JOBS "WHERE id = ?", id);
    if (!query.next())
        throw unknown_record(id);
    return job_from(query);
}

std::vector<JobRecord> read_jobs(Database& database,
                                 std::string_view after,
                                 std::int64_t limit,
                                 std::optional<StudyId> study) {
    if (study)
        return jobs_of(database.query(PARNAS_JOBS
                                      "WHERE study_id = ? AND id > ? ORDER BY id LIMIT ?",
                                      raw(*study),
                                      after,
                                      limit));
    return jobs_of(database.query(PARNAS_JOBS "WHERE id > ? ORDER BY id LIMIT ?", after, limit));
}

#undef PARNAS_JOBS

}  // namespace parnas::store::sqlite
