// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/drivers.h"

#include <string>

#include "store/rules.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/study_queries.h"

namespace parnas::store::sqlite {
namespace {

std::optional<Claim> claim_of(Database& database, std::int64_t study) {
    Query query = database.query(
        "SELECT driver_host, driver_pid, driver_process_start, driver_ttl_s, driver_expires"
        " FROM parnas_studies WHERE study_id = ? AND driver_host IS NOT NULL",
        study);
    if (!query.next())
        return std::nullopt;
    return Claim{.holder = {.host = query.text(0),
                            .pid = query.integer(1),
                            .process_start = query.integer(2)},
                 .ttl = Seconds(query.real(3)),
                 .expires = time_from_string(query.text(4))};
}

// A study that Optuna made gets its row of parnas_studies when it is driven first.
void adopt(Database& database, const StudyRecord& record) {
    database.execute(
        "INSERT INTO parnas_studies (study_id, job, state, state_reason, created)"
        " VALUES (?, '', 'running', '', ?) ON CONFLICT DO NOTHING",
        static_cast<std::int64_t>(record.id),
        to_string(record.created));
}

}  // namespace

Driver acquire(Database& database, StudyId id, const Holder& holder, Seconds ttl) {
    const StudyRecord record = read_study(database, id);
    adopt(database, record);
    const auto study = raw(id);
    const TimePoint time = now();
    const auto current = claim_of(database, study);
    if (current && !may_take(*current, holder, time))
        throw held_by_another(record.spec.name, *current);
    database.execute(
        "UPDATE parnas_studies SET driver_epoch = driver_epoch + 1, driver_host = ?2,"
        " driver_pid = ?3, driver_process_start = ?4, driver_ttl_s = ?5, driver_expires = ?6"
        " WHERE study_id = ?1",
        study,
        holder.host,
        holder.pid,
        holder.process_start,
        ttl.count(),
        to_string(expiry(time, ttl)));
    Query query =
        database.query("SELECT driver_epoch FROM parnas_studies WHERE study_id = ?", study);
    query.next();
    return {.study = id, .epoch = query.integer(0)};
}

void extend(Database& database, const Driver& driver) {
    const auto study = static_cast<std::int64_t>(driver.study);
    double ttl_s = 0;
    {
        Query query = database.query(
            "SELECT driver_ttl_s FROM parnas_studies"
            " WHERE study_id = ? AND driver_epoch = ? AND driver_host IS NOT NULL",
            study,
            driver.epoch);
        if (!query.next())
            throw lost_driver(driver);
        ttl_s = query.real(0);
    }
    database.execute("UPDATE parnas_studies SET driver_expires = ? WHERE study_id = ?",
                     to_string(expiry(now(), Seconds(ttl_s))),
                     study);
}

void release(Database& database, const Driver& driver) {
    database.execute(
        "UPDATE parnas_studies SET driver_host = NULL WHERE study_id = ? AND driver_epoch = ?",
        static_cast<std::int64_t>(driver.study),
        driver.epoch);
}

void require_no_driver(Database& database, StudyId id) {
    const auto claim = claim_of(database, raw(id));
    if (claim && is_held(*claim, now()))
        throw held_by_another(read_study(database, id).spec.name, *claim);
}

std::optional<Holder> read_holder(Database& database, StudyId id) {
    count_objectives(database, id);
    const auto claim = claim_of(database, raw(id));
    return claim && is_held(*claim, now()) ? std::optional(claim->holder) : std::nullopt;
}

}  // namespace parnas::store::sqlite
