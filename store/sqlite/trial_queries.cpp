// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/trial_queries.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/error.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/study_queries.h"

namespace parnas::store::sqlite {
namespace {

constexpr TrialNumber kNoEnd = std::numeric_limits<TrialNumber>::max();

// Trials of a study with first <= number < end, in order of number.
struct Selection {
    std::int64_t study = 0;
    TrialNumber first = 0;
    TrialNumber end = kNoEnd;
    std::vector<TrialRecord> trials;
};

void read_parnas_columns(TrialRecord& trial, const Query& row) {
    trial.genotype = row.text(5);
    trial.stage = stage_from_string(row.text(6));
    trial.fidelity = row.real(7);
    trial.seed = std::bit_cast<std::uint64_t>(row.integer(8));
    trial.attempt = row.integer(9);
    trial.warm_start = decode_digest(row.optional_text(10));
    if (!row.is_null(11))
        trial.metrics = decode_metrics(row.text(11));
    if (!row.is_null(12))
        trial.failure =
            Failure{.kind = failure_kind_from_string(row.text(12)), .reason = row.text(13)};
    trial.cost = Seconds(row.real(14));
    trial.reuse_key = decode_digest(row.optional_text(15));
    trial.reused_from = row.optional_integer(16);
    trial.architecture = decode_digest(row.optional_text(17));
    trial.weights = decode_digest(row.optional_text(18));
}

TrialRecord trial_from(const Query& row) {
    TrialRecord trial;
    trial.id = row.integer(0);
    trial.number = row.integer(1);
    trial.state = trial_state_from_optuna(row.text(2));
    if (!row.is_null(3))
        trial.started = time_from_string(row.text(3));
    if (!row.is_null(4))
        trial.finished = time_from_string(row.text(4));
    if (!row.is_null(5))
        read_parnas_columns(trial, row);
    return trial;
}

void read_rows(Database& database, Selection& selection) {
    Query query = database.query(
        "SELECT t.trial_id, t.number, t.state, t.datetime_start, t.datetime_complete,"
        " p.genotype, p.stage, p.fidelity, p.seed, p.attempt, p.warm_start, p.metrics,"
        " p.failure_kind, p.failure_reason, p.cost_s, p.reuse_key, p.reused_from,"
        " p.architecture, p.weights"
        " FROM trials t LEFT JOIN parnas_trials p ON p.trial_id = t.trial_id"
        " WHERE t.study_id = ? AND t.number >= ? AND t.number < ? ORDER BY t.number, t.trial_id",
        selection.study,
        selection.first,
        selection.end);
    while (query.next())
        selection.trials.push_back(trial_from(query));
}

// Reads a table whose rows belong to trials: `sql` gives the trial's id and then what
// `add(trial, row)` reads, in the order of the selection, so both are walked once.
template <typename Add>
void merge_rows(Database& database, std::string_view sql, Selection& selection, const Add& add) {
    Query query = database.query(sql, selection.study, selection.first, selection.end);
    std::size_t at = 0;
    while (query.next()) {
        const std::int64_t id = query.integer(0);
        while (at < selection.trials.size() && selection.trials[at].id != id)
            ++at;
        check(at < selection.trials.size(), "rows come in the order of their trials");
        add(selection.trials[at], query);
    }
}

// SQLite may not reorder a CROSS JOIN: trials are the outer loop, along the index on
// (study_id, number), which also gives the order.
#define PARNAS_OF_SELECTED_TRIALS(columns, table)                                            \
    "SELECT t.trial_id, " columns " FROM trials t CROSS JOIN " table                         \
    " c ON c.trial_id = t.trial_id WHERE t.study_id = ? AND t.number >= ? AND t.number < ? " \
    "ORDER BY t.number, t.trial_id"

void read_params(Database& database, Selection& selection) {
    // The index that finds a trial's rows is ordered by name; Optuna's order is the id's.
    struct Row {
        std::int64_t id = 0;
        ParamRecord param;
    };
    std::vector<Row> rows;
    TrialRecord* owner = nullptr;
    const auto flush = [&] {
        std::ranges::sort(rows, {}, &Row::id);
        for (Row& row : rows)
            owner->params.push_back(std::move(row.param));
        rows.clear();
    };
    merge_rows(database,
               PARNAS_OF_SELECTED_TRIALS(
                   "c.param_id, c.param_name, c.param_value, c.distribution_json", "trial_params"),
               selection,
               [&](TrialRecord& trial, const Query& row) {
                   if (owner != &trial)
                       flush();
                   owner = &trial;
                   rows.push_back({row.integer(1), {row.text(2), row.real(3), row.text(4)}});
               });
    flush();
}

void read_values(Database& database, Selection& selection) {
    merge_rows(database,
               PARNAS_OF_SELECTED_TRIALS("c.objective, c.value_type, c.value", "trial_values"),
               selection,
               [](TrialRecord& trial, const Query& row) {
                   const std::int64_t objective = row.integer(1);
                   if (objective != static_cast<std::int64_t>(trial.values.size()))
                       throw Error(ErrorKind::invalid_input,
                                   "a trial lacks the value of an objective");
                   trial.values.push_back(decode_value(row.text(2), row.optional_real(3)));
               });
}

void read_reports(Database& database, Selection& selection) {
    merge_rows(database,
               PARNAS_OF_SELECTED_TRIALS("c.step, c.intermediate_value_type, c.intermediate_value",
                                         "trial_intermediate_values"),
               selection,
               [](TrialRecord& trial, const Query& row) {
                   trial.reports[row.integer(1)] = decode_value(row.text(2), row.optional_real(3));
               });
}

void read_attributes(Database& database, Selection& selection) {
    merge_rows(database,
               PARNAS_OF_SELECTED_TRIALS("c.key, c.value_json", "trial_user_attributes"),
               selection,
               [](TrialRecord& trial, const Query& row) {
                   trial.user_attributes.emplace(row.text(1), row.text(2));
               });
    merge_rows(database,
               PARNAS_OF_SELECTED_TRIALS("c.key, c.value_json", "trial_system_attributes"),
               selection,
               [](TrialRecord& trial, const Query& row) {
                   if (row.text(1) == kFailureKey)
                       return;  // it is trial.failure
                   trial.system_attributes.emplace(row.text(1), row.text(2));
               });
}

#undef PARNAS_OF_SELECTED_TRIALS

}  // namespace

std::vector<TrialRecord> read_trials(Database& database,
                                     StudyId id,
                                     TrialNumber first,
                                     std::int64_t limit) {
    count_objectives(database, id);
    first = std::max<TrialNumber>(first, 0);
    limit = std::max<std::int64_t>(limit, 0);
    Selection selection{
        .study = raw(id), .first = first, .end = limit > kNoEnd - first ? kNoEnd : first + limit};
    read_rows(database, selection);
    read_params(database, selection);
    read_values(database, selection);
    read_reports(database, selection);
    read_attributes(database, selection);
    return std::move(selection.trials);
}

std::optional<TrialRecord> read_result(Database& database, const Digest& reuse_key) {
    StudyId study{};
    TrialNumber number = 0;
    {
        Query query = database.query(
            "SELECT t.study_id, t.number FROM parnas_trials p"
            " JOIN trials t ON t.trial_id = p.trial_id"
            " WHERE p.reuse_key = ? AND (t.state = 'COMPLETE'"
            " OR (t.state = 'PRUNED' AND p.fidelity < 1))"
            " ORDER BY t.datetime_complete, t.study_id, t.number LIMIT 1",
            to_string(reuse_key));
        if (!query.next())
            return std::nullopt;
        study = static_cast<StudyId>(query.integer(0));
        number = query.integer(1);
    }
    return read_trials(database, study, number, 1).at(0);
}

}  // namespace parnas::store::sqlite
