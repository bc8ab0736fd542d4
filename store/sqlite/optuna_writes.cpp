// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/optuna_writes.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <fmt/format.h>

#include "store/optuna_distribution.h"
#include "store/rules.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/drivers.h"
#include "store/sqlite/lease_queries.h"
#include "store/sqlite/study_queries.h"
#include "store/sqlite/trial_rows.h"

namespace parnas::store::sqlite {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

void check_values(const std::vector<double>& values) {
    if (std::ranges::any_of(values, [](double value) { return std::isnan(value); }))
        throw Error(ErrorKind::invalid_input, "NaN is no value of an objective", "values");
}

void require_as_many(const std::vector<double>& values, std::size_t objectives) {
    if (!values.empty() && values.size() != objectives)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{} values for {} objectives", values.size(), objectives),
                    "values");
}

void check_param(const ParamRecord& param) {
    const std::int64_t length = characters(param.name);
    if (length == 0 || length > kMaxNameLength)
        throw Error(
            ErrorKind::invalid_input,
            fmt::format(
                "a parameter's name has 1 to {} characters, not {}", kMaxNameLength, length));
    if (!std::isfinite(param.internal))
        throw Error(ErrorKind::invalid_input, "a parameter must be finite", param.name);
}

void check_attribute(AttributeKind kind, const std::string& key, const std::string& value) {
    const AttributeChange change{.kind = kind, .key = key, .value = value};
    check_attributes(std::span(&change, 1));
}

void check_attributes_of(const Attributes& attributes) {
    for (const auto& [key, value] : attributes)
        check_attribute(AttributeKind::user, key, value);
}

struct Row {
    TouchedTrial trial;
    TrialState state = TrialState::running;
};

Row find_row(Database& database, TrialId id) {
    Query query =
        database.query("SELECT study_id, number, state FROM trials WHERE trial_id = ?", raw(id));
    if (!query.next())
        throw unknown_trial(id);
    return {.trial = {.study = static_cast<StudyId>(query.integer(0)),
                      .id = id,
                      .number = query.integer(1)},
            .state = trial_state_from_optuna(query.text(2))};
}

Row find_unfinished(Database& database, TrialId id) {
    const Row row = find_row(database, id);
    if (is_finished(row.state))
        throw FinishedTrialError(
            ErrorKind::conflict,
            fmt::format("trial {} is finished ({}) and does not change any more",
                        row.trial.number,
                        parnas::to_string(row.state)));
    return row;
}

// The distribution of the study's first trial with a parameter of that name. SQLite may not
// reorder a CROSS JOIN: it goes along the numbers, and nearly always stops at once.
std::optional<std::string> first_distribution(Database& database,
                                              StudyId study,
                                              std::string_view name) {
    Query query = database.query(
        "SELECT p.distribution_json FROM trials t CROSS JOIN trial_params p"
        " ON p.trial_id = t.trial_id AND p.param_name = ?"
        " WHERE t.study_id = ? ORDER BY t.number LIMIT 1",
        name,
        raw(study));
    return query.next() ? std::optional(query.text(0)) : std::nullopt;
}

void require_compatible(Database& database, StudyId study, const ParamRecord& param) {
    const auto first = first_distribution(database, study, param.name);
    if (!first)
        check_distribution(param.distribution);
    else if (!compatible_distributions(*first, param.distribution))
        throw IncompatibleDistributionError(
            ErrorKind::invalid_input,
            fmt::format("parameter '{}' has another kind, scale or other choices in this study: {}",
                        param.name,
                        *first));
}

void set_state(Database& database, const Row& row, const StateSet& change) {
    require_as_many(change.values, count_objectives(database, row.trial.study));
    const std::int64_t trial = raw(change.trial);
    const TimePoint time = now();
    if (change.state == TrialState::running)
        database.execute(
            "UPDATE trials SET state = 'RUNNING', datetime_start = ? WHERE trial_id = ?",
            parnas::to_string(time),
            trial);
    else
        database.execute(
            "UPDATE trials SET state = ?, datetime_complete = ? WHERE trial_id = ?",
            optuna_word(change.state),
            encode_time(is_finished(change.state) ? std::optional(time) : std::nullopt),
            trial);
    // Whoever has a lease for it lost it.
    if (row.state == TrialState::running)
        supersede_attempt(database, trial, time);
    write_values(database, trial, change.values);
}

// Of a trial.
template <typename Change>
TouchedTrial write_change(Database& database, const Change& change) {
    const Row row = find_unfinished(database, change.trial);
    const std::int64_t trial = raw(change.trial);
    if constexpr (std::is_same_v<Change, TrialAttributeSet>) {
        write_trial_attribute(database, trial, change.kind, change.key, change.value);
        return row.trial;
    }
    require_no_driver(database, row.trial.study);
    if constexpr (std::is_same_v<Change, ParamSet>) {
        require_compatible(database, row.trial.study, change.param);
        write_param(database, trial, change.param);
    } else if constexpr (std::is_same_v<Change, ReportSet>) {
        write_report(database, trial, change.step, change.value);
    } else if constexpr (std::is_same_v<Change, StateSet>) {
        set_state(database, row, change);
    }
    return row.trial;
}

// Another one has a trial that was to become RUNNING.
bool is_lost(Database& database, const OptunaChange& change) {
    const auto* const state = std::get_if<StateSet>(&change);
    return state != nullptr && state->state == TrialState::running &&
           find_unfinished(database, state->trial).state == TrialState::running;
}

void write_content(Database& database, const TouchedTrial& trial, const OptunaTrial& like) {
    const std::int64_t id = raw(trial.id);
    for (const ParamRecord& param : like.params)
        require_compatible(database, trial.study, param);
    write_params(database, id, like.params);
    write_values(database, id, like.values);
    for (const auto& [step, value] : like.reports)
        write_report(database, id, step, value);
    write_trial_attributes(database, id, like.user_attributes, like.system_attributes);
}

}  // namespace

void check_optuna_study(std::string_view name, std::span<const Direction> directions) {
    check_study({.name = std::string(name),
                 .metrics = std::vector<std::string>(directions.size()),
                 .directions = {directions.begin(), directions.end()}});
}

void check_template(const OptunaTrial& like) {
    check_values(like.values);
    for (const ParamRecord& param : like.params)
        check_param(param);
    check_attributes_of(like.user_attributes);
    check_attributes_of(like.system_attributes);
}

void check_changes(std::span<const OptunaChange> changes) {
    const auto attribute = [](const auto& set) { check_attribute(set.kind, set.key, set.value); };
    for (const OptunaChange& change : changes)
        std::visit(Overloaded{[&](const StudyAttributeSet& set) { attribute(set); },
                              [&](const TrialAttributeSet& set) { attribute(set); },
                              [](const ParamSet& set) { check_param(set.param); },
                              [](const ReportSet&) {},
                              [](const StateSet& set) { check_values(set.values); }},
                   change);
}

TouchedTrial insert_optuna_trial(Database& database,
                                 StudyId study,
                                 const std::optional<OptunaTrial>& like) {
    const std::size_t objectives = count_objectives(database, study);
    if (like)
        require_as_many(like->values, objectives);
    require_no_driver(database, study);
    const TouchedTrial trial{.study = study,
                             .id = static_cast<TrialId>(next_trial_id(database)),
                             .number = next_number(database, study)};
    database.execute(
        "INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        raw(trial.id),
        trial.number,
        raw(study),
        optuna_word(like ? like->state : TrialState::running),
        encode_time(like ? like->started : std::optional(now())),
        encode_time(like ? like->finished : std::nullopt));
    if (like)
        write_content(database, trial, *like);
    return trial;
}

std::optional<std::vector<TouchedTrial>> write_changes(Database& database,
                                                       std::span<const OptunaChange> changes) {
    if (std::ranges::any_of(changes, [&](const auto& change) { return is_lost(database, change); }))
        return std::nullopt;
    std::vector<TouchedTrial> touched;
    const auto write = [&](const auto& change) {
        if constexpr (std::is_same_v<std::decay_t<decltype(change)>, StudyAttributeSet>) {
            count_objectives(database, change.study);
            write_study_attribute(database, change.study, change.kind, change.key, change.value);
        } else {
            touched.push_back(write_change(database, change));
        }
    };
    for (const OptunaChange& change : changes)
        std::visit(write, change);
    return touched;
}

}  // namespace parnas::store::sqlite
