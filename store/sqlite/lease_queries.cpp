// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/lease_queries.h"

#include <optional>

#include "store/rules.h"
#include "store/service_rules.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/study_queries.h"

namespace parnas::store::sqlite {
namespace {

// The id of a trial that may be given to a worker.
std::int64_t trial_to_give(Database& database, StudyId id, const AttemptStart& start) {
    Query query = database.query(
        "SELECT t.trial_id, t.state, p.attempt FROM trials t"
        " LEFT JOIN parnas_trials p ON p.trial_id = t.trial_id"
        " WHERE t.study_id = ? AND t.number = ?",
        raw(id),
        start.number);
    if (!query.next())
        throw no_such_trial_to_change(start.number);
    check_unfinished(start.number, trial_state_from_optuna(query.text(1)));
    // One that another program started is at its first attempt.
    check_attempt(start, query.optional_integer(2).value_or(1));
    return query.integer(0);
}

// Why an attempt cannot be given.
Error refusal(Database& database, std::int64_t trial_id, const AttemptStart& start) {
    Query query =
        database.query("SELECT attempt, state FROM parnas_attempts WHERE trial_id = ?", trial_id);
    while (query.next()) {
        if (query.integer(0) == start.attempt)
            return granted_before(start);
        if (query.text(1) == to_string(AttemptState::open))
            return open_already(start);
    }
    return taken_lease(start.lease);
}

bool is_lease(Database& database, std::string_view lease) {
    Query query = database.query("SELECT 1 FROM parnas_attempts WHERE lease = ?", lease);
    return query.next();
}

void write_end(Database& database, StudyId id, const AttemptEnd& end) {
    database.execute(
        "UPDATE parnas_attempts SET state = ?, reason = ?, ended = ? WHERE trial_id ="
        " (SELECT trial_id FROM trials WHERE study_id = ? AND number = ?)"
        " AND attempt = ? AND state = 'open'",
        to_string(end.state),
        end.reason,
        to_string(end.ended),
        raw(id),
        end.number,
        end.attempt);
    if (database.changes() > 0)
        return;
    Query query = database.query(
        "SELECT a.state FROM trials t JOIN parnas_attempts a ON a.trial_id = t.trial_id"
        " WHERE t.study_id = ? AND t.number = ? AND a.attempt = ?",
        raw(id),
        end.number,
        end.attempt);
    if (query.next())
        check_open(end, attempt_state_from_string(query.text(0)));
}

// What selects the columns that attempt_from() reads.
#define PARNAS_ATTEMPTS                                                              \
    "SELECT a.lease, t.study_id, t.number, a.attempt, a.worker, a.ttl_s, a.granted," \
    " a.state, a.reason, a.ended FROM parnas_attempts a CROSS JOIN trials t"         \
    " ON t.trial_id = a.trial_id "

AttemptRecord attempt_from(const Query& row) {
    return {.lease = row.text(0),
            .study = static_cast<StudyId>(row.integer(1)),
            .number = row.integer(2),
            .attempt = row.integer(3),
            .worker = row.text(4),
            .ttl = Seconds(row.real(5)),
            .granted = time_from_string(row.text(6)),
            .state = attempt_state_from_string(row.text(7)),
            .reason = row.text(8),
            .ended = decode_time(row.optional_text(9))};
}

std::vector<AttemptRecord> attempts_of(Query query) {
    std::vector<AttemptRecord> attempts;
    while (query.next())
        attempts.push_back(attempt_from(query));
    return attempts;
}

std::optional<std::int64_t> find_trial_id(Database& database, StudyId id, TrialNumber number) {
    Query query = database.query(
        "SELECT trial_id FROM trials WHERE study_id = ? AND number = ?", raw(id), number);
    return query.next() ? std::optional(query.integer(0)) : std::nullopt;
}

}  // namespace

void write_grants(Database& database, StudyId id, std::span<const AttemptStart> attempts) {
    count_objectives(database, id);
    for (const AttemptStart& start : attempts) {
        const std::int64_t trial_id = trial_to_give(database, id, start);
        database.execute(
            "INSERT INTO parnas_attempts"
            " (trial_id, attempt, lease, worker, ttl_s, granted, state, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, 'open', '') ON CONFLICT DO NOTHING",
            trial_id,
            start.attempt,
            start.lease,
            start.worker,
            start.ttl.count(),
            to_string(start.granted));
        if (database.changes() == 0)
            throw refusal(database, trial_id, start);
    }
}

void write_attempt_ends(Database& database, StudyId id, std::span<const AttemptEnd> ends) {
    for (const AttemptEnd& end : ends)
        write_end(database, id, end);
}

void supersede_attempt(Database& database, std::int64_t trial_id, TimePoint time) {
    database.execute(
        "UPDATE parnas_attempts SET state = 'superseded', ended = ?"
        " WHERE trial_id = ? AND state = 'open'",
        to_string(time),
        trial_id);
}

std::vector<AttemptRecord> read_attempts(Database& database, StudyId id, TrialNumber number) {
    count_objectives(database, id);
    const auto trial_id = find_trial_id(database, id, number);
    if (!trial_id)
        throw unknown_trial(number);
    return attempts_of(
        database.query(PARNAS_ATTEMPTS "WHERE a.trial_id = ? ORDER BY a.attempt", *trial_id));
}

std::vector<AttemptRecord> read_open_attempts(Database& database, StudyId id) {
    count_objectives(database, id);
    return attempts_of(database.query(
        PARNAS_ATTEMPTS "WHERE a.state = 'open' AND t.study_id = ? ORDER BY t.number", raw(id)));
}

std::vector<AttemptRecord> read_all_attempts(Database& database, StudyId id) {
    return attempts_of(database.query(PARNAS_ATTEMPTS "WHERE t.study_id = ?", raw(id)));
}

AttemptRecord read_lease(Database& database, std::string_view lease) {
    Query query = database.query(PARNAS_ATTEMPTS "WHERE a.lease = ?", lease);
    if (!query.next())
        throw unknown_lease(lease);
    return attempt_from(query);
}

#undef PARNAS_ATTEMPTS

void write_late_report(Database& database, const LateReport& report) {
    if (!is_lease(database, report.lease))
        throw unknown_lease(report.lease);
    database.execute("INSERT INTO parnas_late_reports (lease, time, body) VALUES (?, ?, ?)",
                     report.lease,
                     to_string(report.time),
                     report.body);
}

std::vector<LateReport> read_late_reports(Database& database, std::string_view lease) {
    if (!is_lease(database, lease))
        throw unknown_lease(lease);
    std::vector<LateReport> reports;
    Query query = database.query(
        "SELECT lease, time, body FROM parnas_late_reports WHERE lease = ? ORDER BY report_id",
        lease);
    while (query.next())
        reports.push_back({.lease = query.text(0),
                           .time = time_from_string(query.text(1)),
                           .body = query.text(2)});
    return reports;
}

}  // namespace parnas::store::sqlite
