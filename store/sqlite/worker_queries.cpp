// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/worker_queries.h"

#include "store/service_rules.h"

namespace parnas::store::sqlite {
namespace {

#define PARNAS_WORKERS                                                                     \
    "SELECT id, name, host, pid, target, version, token, draining, registered, last_seen," \
    " revision FROM parnas_workers "

WorkerRecord worker_from(const Query& row) {
    return {.id = row.text(0),
            .name = row.text(1),
            .host = row.text(2),
            .pid = row.integer(3),
            .target = row.text(4),
            .version = row.text(5),
            .token = row.text(6),
            .draining = row.integer(7) != 0,
            .registered = time_from_string(row.text(8)),
            .last_seen = time_from_string(row.text(9)),
            .revision = row.integer(10)};
}

std::int64_t worker_revision(Database& database, std::string_view id) {
    Query query = database.query("SELECT revision FROM parnas_workers WHERE id = ?", id);
    return query.next() ? query.integer(0) : 0;
}

}  // namespace

std::int64_t put(Database& database,
                 const WorkerRecord& worker,
                 std::optional<std::int64_t> expected) {
    const std::int64_t revision =
        next_revision(worker.id, worker_revision(database, worker.id), expected);
    database.execute(
        "INSERT OR REPLACE INTO parnas_workers (id, name, host, pid, target, version, token,"
        " draining, registered, last_seen, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        worker.id,
        worker.name,
        worker.host,
        worker.pid,
        worker.target,
        worker.version,
        worker.token,
        std::int64_t{worker.draining},
        to_string(worker.registered),
        to_string(worker.last_seen),
        revision);
    return revision;
}

WorkerRecord read_worker(Database& database, std::string_view id) {
    Query query = database.query(PARNAS_WORKERS "WHERE id = ?", id);
    if (!query.next())
        throw unknown_record(id);
    return worker_from(query);
}

std::vector<WorkerRecord> read_workers(Database& database,
                                       std::string_view after,
                                       std::int64_t limit) {
    std::vector<WorkerRecord> workers;
    Query query = database.query(PARNAS_WORKERS "WHERE id > ? ORDER BY id LIMIT ?", after, limit);
    while (query.next())
        workers.push_back(worker_from(query));
    return workers;
}

#undef PARNAS_WORKERS

}  // namespace parnas::store::sqlite
