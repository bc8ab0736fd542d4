// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/study_queries.h"

#include <fmt/format.h>

#include "core/mutation.h"
#include "store/rules.h"
#include "store/sqlite/codec.h"

namespace parnas::store::sqlite {
namespace {

// NULL stands for "all studies". Numbers are dense, and the last one is found at once.
constexpr std::string_view kSelectStudies =
    "SELECT s.study_id, s.study_name, p.job, p.state, p.state_reason,"
    " (SELECT ifnull(max(t.number), -1) + 1 FROM trials t WHERE t.study_id = s.study_id),"
    " coalesce(p.created, (SELECT min(t.datetime_start) FROM trials t WHERE t.study_id = "
    "s.study_id)),"
    " (SELECT value_json FROM study_system_attributes a"
    "  WHERE a.study_id = s.study_id AND a.key = 'study:metric_names'),"
    " (SELECT count(*) FROM parnas_phases f WHERE f.study_id = s.study_id)"
    " FROM studies s LEFT JOIN parnas_studies p ON p.study_id = s.study_id"
    " WHERE ?1 IS NULL OR s.study_id = ?1 ORDER BY s.study_id";

StudyRecord study_from(Database& database, const Query& row) {
    StudyRecord record;
    record.id = static_cast<StudyId>(row.integer(0));
    record.spec.name = row.text(1);
    record.spec.job = row.text(2);
    if (!row.is_null(3))
        record.state = study_state_from_string(row.text(3));
    record.state_reason = row.text(4);
    record.trials = row.integer(5);
    if (!row.is_null(6))
        record.created = time_from_string(row.text(6));
    record.spec.directions = read_directions(database, record.id);
    record.spec.metrics = row.is_null(7) ? default_metric_names(record.spec.directions.size())
                                         : decode_names(row.text(7));
    record.phases = row.integer(8);
    return record;
}

std::vector<StudyRecord> select(Database& database, std::optional<std::int64_t> id) {
    std::vector<StudyRecord> records;
    Query query = database.query(kSelectStudies, id);
    while (query.next())
        records.push_back(study_from(database, query));
    return records;
}

bool name_is_taken(Database& database, std::string_view name) {
    Query query = database.query("SELECT 1 FROM studies WHERE study_name = ?", name);
    return query.next();
}

std::int64_t next_study_id(Database& database) {
    Query query = database.query(
        "SELECT max(next_study_id, (SELECT ifnull(max(study_id), 0) + 1 FROM studies))"
        " FROM parnas_meta");
    check(query.next(), "parnas_meta has a row");
    return query.integer(0);
}

}  // namespace

StudyId insert_study_rows(Database& database,
                          std::string_view name,
                          std::span<const Direction> directions) {
    if (name_is_taken(database, name))
        throw taken_name(name);
    const std::int64_t id = next_study_id(database);
    database.execute("INSERT INTO studies (study_id, study_name) VALUES (?, ?)", id, name);
    std::int64_t objective = 0;
    for (const Direction direction : directions)
        database.execute(
            "INSERT INTO study_directions (direction, study_id, objective) VALUES (?, ?, ?)",
            optuna_word(direction),
            id,
            objective++);
    return static_cast<StudyId>(id);
}

StudyId insert_study(Database& database, const StudySpec& spec) {
    const StudyId id = insert_study_rows(database, spec.name, spec.directions);
    database.execute(
        "INSERT INTO study_system_attributes (study_id, key, value_json)"
        " VALUES (?, ?, ?)",
        raw(id),
        kMetricNamesKey,
        metric_names_text(spec.metrics));
    database.execute(
        "INSERT INTO parnas_studies (study_id, job, state, state_reason, created)"
        " VALUES (?, ?, ?, '', ?)",
        raw(id),
        spec.job,
        to_string(StudyState::running),
        to_string(now()));
    return id;
}

void adopt_study(Database& database, StudyId id, const StudySpec& spec) {
    const StudyRecord study = read_study(database, id);
    check_adoption(study, spec);
    if (study.spec.metrics != spec.metrics)
        database.execute(
            "INSERT INTO study_system_attributes (study_id, key, value_json) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (study_id, key) DO UPDATE SET value_json = ?3",
            raw(id),
            kMetricNamesKey,
            metric_names_text(spec.metrics));
    database.execute(
        "INSERT INTO parnas_studies (study_id, job, state, state_reason, created)"
        " VALUES (?1, ?2, ?3, '', ?4) ON CONFLICT (study_id) DO UPDATE SET job = ?2",
        raw(id),
        spec.job,
        to_string(StudyState::stopped),
        to_string(study.trials > 0 ? study.created : now()));
}

void change_job(Database& database, StudyId id, std::string_view job) {
    database.execute("UPDATE parnas_studies SET job = ? WHERE study_id = ?", job, raw(id));
}

std::vector<StudyRecord> read_studies(Database& database) {
    return select(database, std::nullopt);
}

StudyRecord read_study(Database& database, StudyId id) {
    std::vector<StudyRecord> found = select(database, raw(id));
    if (found.empty())
        throw unknown_study(id);
    return std::move(found.front());
}

StudyId find_study_id(Database& database, std::string_view name) {
    if (mutated("sql_by_concatenation"))
        database.script(fmt::format("SELECT 1 FROM studies WHERE study_name = '{}'", name));
    Query query = database.query("SELECT study_id FROM studies WHERE study_name = ?", name);
    if (!query.next())
        throw unknown_study(name);
    return static_cast<StudyId>(query.integer(0));
}

std::vector<Direction> read_directions(Database& database, StudyId id) {
    std::vector<Direction> directions;
    Query query = database.query(
        "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective", raw(id));
    while (query.next())
        directions.push_back(direction_from_optuna(query.text(0)));
    return directions;
}

std::size_t count_objectives(Database& database, StudyId id) {
    Query query = database.query(
        "SELECT count(*) FROM studies s JOIN study_directions d ON d.study_id = s.study_id"
        " WHERE s.study_id = ?",
        raw(id));
    if (!query.next() || query.integer(0) == 0)
        throw unknown_study(id);
    return static_cast<std::size_t>(query.integer(0));
}

std::map<TrialState, std::int64_t> count_trials(Database& database, StudyId id) {
    count_objectives(database, id);
    std::map<TrialState, std::int64_t> counts;
    Query query = database.query(
        "SELECT state, count(*) FROM trials WHERE study_id = ? GROUP BY state", raw(id));
    while (query.next())
        counts.emplace(trial_state_from_optuna(query.text(0)), query.integer(1));
    return counts;
}

StudyAttributes read_attributes(Database& database, StudyId id) {
    count_objectives(database, id);
    StudyAttributes attributes;
    Query user = database.query(
        "SELECT key, value_json FROM study_user_attributes WHERE study_id = ?", raw(id));
    while (user.next())
        attributes.user.emplace(user.text(0), user.text(1));
    Query system = database.query(
        "SELECT key, value_json FROM study_system_attributes WHERE study_id = ?", raw(id));
    while (system.next())
        attributes.system.emplace(system.text(0), system.text(1));
    return attributes;
}

std::vector<FrontChange> read_fronts(Database& database, StudyId id) {
    count_objectives(database, id);
    std::vector<FrontChange> fronts;
    Query query = database.query(
        "SELECT version, time, members, hypervolume FROM parnas_fronts WHERE study_id = ?"
        " ORDER BY version",
        raw(id));
    while (query.next())
        fronts.push_back({.version = query.integer(0),
                          .time = time_from_string(query.text(1)),
                          .members = decode_numbers(query.text(2)),
                          .hypervolume = query.optional_real(3)});
    return fronts;
}

std::vector<TrialNumber> read_last_front(Database& database, StudyId id) {
    count_objectives(database, id);
    Query query = database.query(
        "SELECT members FROM parnas_fronts WHERE study_id = ? ORDER BY version DESC LIMIT 1",
        raw(id));
    return query.next() ? decode_numbers(query.text(0)) : std::vector<TrialNumber>{};
}

std::vector<Event> read_events(Database& database, StudyId id, std::int64_t after_seq) {
    count_objectives(database, id);
    std::vector<Event> events;
    Query query = database.query(
        "SELECT seq, time, kind, body FROM parnas_events WHERE study_id = ? AND seq > ?"
        " ORDER BY seq",
        raw(id),
        after_seq);
    while (query.next())
        events.push_back({.seq = query.integer(0),
                          .time = time_from_string(query.text(1)),
                          .kind = query.text(2),
                          .body = query.text(3)});
    return events;
}

std::vector<StudyEvent> read_all_events(Database& database,
                                        std::int64_t after_seq,
                                        std::int64_t limit) {
    std::vector<StudyEvent> events;
    Query query = database.query(
        "SELECT study_id, seq, time, kind, body FROM parnas_events WHERE seq > ?"
        " ORDER BY seq LIMIT ?",
        after_seq,
        limit);
    while (query.next())
        events.push_back({.study = static_cast<StudyId>(query.integer(0)),
                          .event = {.seq = query.integer(1),
                                    .time = time_from_string(query.text(2)),
                                    .kind = query.text(3),
                                    .body = query.text(4)}});
    return events;
}

std::int64_t read_last_seq(Database& database) {
    Query query = database.query("SELECT seq FROM sqlite_sequence WHERE name = 'parnas_events'");
    return query.next() ? query.integer(0) : 0;
}

}  // namespace parnas::store::sqlite
