// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/batch_writer.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "store/rules.h"
#include "store/sqlite/answer_queries.h"
#include "store/sqlite/artifact_queries.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/drivers.h"
#include "store/sqlite/job_queries.h"
#include "store/sqlite/lease_queries.h"
#include "store/sqlite/phase_queries.h"
#include "store/sqlite/study_queries.h"
#include "store/sqlite/trial_rows.h"

namespace parnas::store::sqlite {
namespace {

struct UnfinishedTrial {
    std::int64_t id = 0;
    bool adopted = true;  // it has a row of parnas_trials
    bool leased = false;  // it has an open attempt
};

// Nullopt if it never started.
std::optional<UnfinishedTrial> find_unfinished(Database& database,
                                               StudyId study,
                                               TrialNumber number) {
    Query query = database.query(
        "SELECT t.trial_id, t.state,"
        " EXISTS (SELECT 1 FROM parnas_trials p WHERE p.trial_id = t.trial_id),"
        " EXISTS (SELECT 1 FROM parnas_attempts a WHERE a.trial_id = t.trial_id"
        "  AND a.state = 'open')"
        " FROM trials t WHERE t.study_id = ? AND t.number = ?",
        raw(study),
        number);
    if (!query.next())
        return std::nullopt;
    check_unfinished(number, trial_state_from_optuna(query.text(1)));
    return UnfinishedTrial{
        .id = query.integer(0), .adopted = query.integer(2) != 0, .leased = query.integer(3) != 0};
}

UnfinishedTrial unfinished_trial(Database& database, StudyId study, TrialNumber number) {
    const auto trial = find_unfinished(database, study, number);
    if (!trial)
        throw no_such_trial_to_change(number);
    return *trial;
}

// Empty if there is none.
std::string study_attribute(Database& database,
                            StudyId study,
                            AttributeKind kind,
                            std::string_view key) {
    Query query = database.query(
        kind == AttributeKind::user
            ? "SELECT value_json FROM study_user_attributes WHERE study_id = ? AND key = ?"
            : "SELECT value_json FROM study_system_attributes WHERE study_id = ? AND key = ?",
        raw(study),
        key);
    return query.next() ? query.text(0) : std::string();
}

void write_study_attribute(Database& database, StudyId study, const AttributeChange& change) {
    if (change.expected)
        check_expected(change, study_attribute(database, study, change.kind, change.key));
    write_study_attribute(database, study, change.kind, change.key, change.value);
}

void write_start(Database& database, StudyId study, std::int64_t trial, const TrialStart& start) {
    database.execute(
        "INSERT INTO trials (trial_id, number, study_id, state, datetime_start)"
        " VALUES (?, ?, ?, 'RUNNING', ?)",
        trial,
        start.number,
        raw(study),
        to_string(start.started));
    database.execute(
        "INSERT INTO parnas_trials (trial_id, genotype, stage, fidelity, seed, attempt, warm_start)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        trial,
        start.genotype,
        to_string(start.stage),
        start.fidelity,
        std::bit_cast<std::int64_t>(start.seed),
        start.attempt,
        encode_digest(start.warm_start));
    write_params(database, trial, start.params);
    write_trial_attributes(database, trial, start.user_attributes, start.system_attributes);
}

void write_starts(Database& database, StudyId study, const Batch& batch) {
    if (batch.starts.empty())
        return;
    TrialNumber number = next_number(database, study);
    std::int64_t trial = next_trial_id(database);
    for (const TrialStart& start : batch.starts) {
        check_next(start.number, number++);
        write_start(database, study, trial++, start);
    }
}

// The unfinished trial, which leaves the worker that has it. One that another program started
// gets its row of parnas_trials.
std::int64_t take_over(Database& database, StudyId study, TrialNumber number, TimePoint time) {
    const UnfinishedTrial trial = unfinished_trial(database, study, number);
    if (!trial.adopted)
        database.execute(
            "INSERT INTO parnas_trials (trial_id, genotype, stage, fidelity, seed, attempt)"
            " VALUES (?, '', 'search', 1.0, 0, 1)",
            trial.id);
    if (trial.leased)
        supersede_attempt(database, trial.id, time);
    return trial.id;
}

void write_retry(Database& database, StudyId study, const TrialRetry& retry) {
    const std::int64_t trial = take_over(database, study, retry.number, retry.started);
    database.execute(
        "UPDATE parnas_trials SET attempt = ? WHERE trial_id = ?", retry.attempt, trial);
    database.execute("UPDATE trials SET state = 'RUNNING', datetime_start = ? WHERE trial_id = ?",
                     to_string(retry.started),
                     trial);
    database.execute("DELETE FROM trial_intermediate_values WHERE trial_id = ?", trial);
}

void write_report(Database& database, StudyId study, const TrialReport& report) {
    const std::int64_t trial = unfinished_trial(database, study, report.number).id;
    write_report(database, trial, report.step, report.value);
}

void write_failure(Database& database, std::int64_t trial, const Failure& failure) {
    database.execute(
        "UPDATE parnas_trials SET failure_kind = ?, failure_reason = ? WHERE trial_id = ?",
        to_string(failure.kind),
        failure.reason,
        trial);
    // For those who look with Optuna's tools.
    write_trial_attributes(
        database, trial, {}, {{std::string(kFailureKey), encode_failure(failure)}});
}

void write_finish(Database& database, StudyId study, const TrialFinish& finish) {
    const std::int64_t trial = take_over(database, study, finish.number, finish.finished);
    database.execute("UPDATE trials SET state = ?, datetime_complete = ? WHERE trial_id = ?",
                     optuna_word(finish.state),
                     to_string(finish.finished),
                     trial);
    database.execute(
        "UPDATE parnas_trials SET metrics = ?, cost_s = ?, reuse_key = ?, reused_from = ?,"
        " architecture = ?, weights = ? WHERE trial_id = ?",
        encode_metrics(finish.metrics),
        finish.cost.count(),
        encode_digest(finish.reuse_key),
        finish.reused_from,
        encode_digest(finish.architecture),
        encode_digest(finish.weights),
        trial);
    write_values(database, trial, finish.values);
    if (finish.failure)
        write_failure(database, trial, *finish.failure);
    write_trial_attributes(database, trial, finish.user_attributes, finish.system_attributes);
}

void write_front(Database& database, StudyId study, const Batch& batch) {
    std::vector<TrialNumber> members = *batch.front;
    std::ranges::sort(members);
    database.execute(
        "INSERT INTO parnas_fronts (study_id, version, time, members, hypervolume) VALUES"
        " (?1, (SELECT ifnull(max(version), 0) + 1 FROM parnas_fronts WHERE study_id = ?1),"
        " ?2, ?3, ?4)",
        raw(study),
        to_string(now()),
        encode_numbers(members),
        batch.hypervolume);
}

void drop_weights(Database& database, StudyId study, TrialNumber number) {
    std::int64_t trial = 0;
    std::optional<ArtifactId> weights;
    {
        Query query = database.query(
            "SELECT trial_id, weights FROM parnas_trials JOIN trials USING (trial_id)"
            " WHERE study_id = ? AND number = ? AND weights IS NOT NULL",
            raw(study),
            number);
        if (!query.next())
            return;
        trial = query.integer(0);
        weights = decode_digest(query.optional_text(1));
    }
    database.execute("UPDATE parnas_trials SET weights = NULL WHERE trial_id = ?", trial);
    release_artifact(database, *weights);
}

void write_content(Database& database, StudyId study, const Batch& batch) {
    for (const Artifact& artifact : batch.artifacts)
        write_artifact(database, artifact);
    write_attempt_ends(database, study, batch.attempt_ends);
    write_starts(database, study, batch);
    for (const TrialRetry& retry : batch.retries)
        write_retry(database, study, retry);
    write_attributes(database, study, batch.attributes);
    for (const TrialReport& report : batch.reports)
        write_report(database, study, report);
    for (const TrialFinish& finish : batch.finishes)
        write_finish(database, study, finish);
    write_phases(database, study, batch.phases);
    for (const TrialNumber number : batch.dropped_weights)
        drop_weights(database, study, number);
    for (const std::int64_t index : batch.dropped_checkpoints)
        drop_checkpoint(database, study, index);
    if (batch.front)
        write_front(database, study, batch);
    for (const Event& event : batch.events)
        database.execute(
            "INSERT INTO parnas_events (study_id, time, kind, body) VALUES (?, ?, ?, ?)",
            raw(study),
            to_string(event.time),
            event.kind,
            event.body);
    for (const Answer& answer : batch.answers)
        write_answer_once(database, answer);
    for (JobRecord job : batch.jobs) {
        job.study = study;  // a study that was made just now got its id here
        put(database, job, std::nullopt);
    }
    if (batch.state)
        database.execute("UPDATE parnas_studies SET state = ?, state_reason = ? WHERE study_id = ?",
                         to_string(*batch.state),
                         batch.state_reason,
                         raw(study));
}

}  // namespace

void write_batch(Database& database, const Batch& batch) {
    check_batch(batch, count_objectives(database, batch.driver.study));
    extend(database, batch.driver);
    write_content(database, batch.driver.study, batch);
}

void write_first_batch(Database& database, StudyId study, const Batch& batch) {
    check_batch(batch, count_objectives(database, study));
    write_content(database, study, batch);
    database.execute(
        "UPDATE parnas_trials SET weights = NULL"
        " WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?)"
        " AND weights NOT IN (SELECT id FROM parnas_artifacts)",
        raw(study));
    drop_missing_checkpoints(database, study);
}

void write_attributes(Database& database, StudyId study, std::span<const AttributeChange> changes) {
    check_attributes(changes);
    count_objectives(database, study);
    for (const AttributeChange& change : changes) {
        if (!change.trial) {
            write_study_attribute(database, study, change);
            continue;
        }
        const auto trial = find_unfinished(database, study, *change.trial);
        if (!trial)
            throw unknown_trial(*change.trial);
        write_trial_attribute(database, trial->id, change.kind, change.key, change.value);
    }
}

}  // namespace parnas::store::sqlite
