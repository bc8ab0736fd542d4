// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/resident_study.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/sqlite/codec.h"
#include "store/sqlite/study_queries.h"
#include "store/sqlite/trial_queries.h"

namespace parnas::store::sqlite {
namespace {

TrialId id_of(const SharedTrial& trial) {
    return trial->id;
}

// What tells whether a finished trial is still the one that was read.
struct RowSummary {
    TrialId id{};
    TrialNumber number = 0;
    TrialState state = TrialState::running;
    std::optional<TimePoint> finished;
};

std::vector<RowSummary> read_summaries(Database& database, StudyId id) {
    count_objectives(database, id);
    std::vector<RowSummary> rows;
    Query query = database.query(
        "SELECT trial_id, number, state, datetime_complete FROM trials WHERE study_id = ?"
        " ORDER BY trial_id",
        raw(id));
    while (query.next())
        rows.push_back({.id = static_cast<TrialId>(query.integer(0)),
                        .number = query.integer(1),
                        .state = trial_state_from_optuna(query.text(2)),
                        .finished = decode_time(query.optional_text(3))});
    return rows;
}

bool is_still(const OptunaTrial& trial, const RowSummary& row) {
    return is_finished(trial.state) && trial.state == row.state && trial.number == row.number &&
           trial.finished == row.finished;
}

}  // namespace

OptunaTrial optuna_trial(StudyId study, TrialRecord record) {
    OptunaTrial trial{.id = static_cast<TrialId>(record.id),
                      .study = study,
                      .number = record.number,
                      .state = record.state,
                      .values = std::move(record.values),
                      .params = std::move(record.params),
                      .reports = std::move(record.reports),
                      .user_attributes = std::move(record.user_attributes),
                      .system_attributes = std::move(record.system_attributes),
                      .started = record.started,
                      .finished = record.finished};
    if (record.failure)
        trial.system_attributes.emplace(kFailureKey, encode_failure(*record.failure));
    return trial;
}

std::vector<SharedTrial> ResidentStudy::select(const TrialCursor& cursor,
                                               std::int64_t foreign_changes) {
    const MutexLock lock(reading_);
    catch_up(foreign_changes);
    const auto first_after = std::ranges::upper_bound(trials_, cursor.after, {}, id_of);
    std::vector<TrialId> included = cursor.included;
    std::ranges::sort(included);
    included.erase(std::unique(included.begin(), included.end()), included.end());
    std::vector<SharedTrial> selected;
    for (const TrialId id : included)
        if (const SharedTrial* trial = id <= cursor.after ? find(id) : nullptr)
            selected.push_back(*trial);
    selected.insert(selected.end(), first_after, trials_.end());
    return selected;
}

void ResidentStudy::changed(std::span<const TrialNumber> numbers) {
    const MutexLock lock(marking_);
    changed_.insert(numbers.begin(), numbers.end());
}

void ResidentStudy::catch_up(std::int64_t foreign_changes) {
    if (!as_of_)
        load();
    else if (*as_of_ != foreign_changes)
        compare_rows();
    as_of_ = foreign_changes;
    read_changed();
}

void ResidentStudy::load() {
    trials_.clear();
    read_run(0, std::numeric_limits<std::int64_t>::max());
}

// Finished trials never change, unless somebody deletes them, and new ones get their ids.
void ResidentStudy::compare_rows() {
    const auto rows = readers_([&](Database& db) { return read_summaries(db, id_); });
    std::vector<SharedTrial> present;
    std::vector<TrialNumber> others;
    auto at = trials_.begin();
    for (const RowSummary& row : rows) {
        at =
            std::find_if(at, trials_.end(), [&](const auto& trial) { return trial->id >= row.id; });
        if (at != trials_.end() && (*at)->id == row.id && is_still(**at, row))
            present.push_back(*at);
        else
            others.push_back(row.number);
    }
    trials_ = std::move(present);
    changed(others);
}

void ResidentStudy::read_changed() {
    std::set<TrialNumber> numbers;
    {
        const MutexLock lock(marking_);
        std::swap(numbers, changed_);
    }
    try {
        for (auto first = numbers.begin(); first != numbers.end();) {
            auto last = first;
            std::int64_t count = 0;
            while (last != numbers.end() && *last == *first + count) {
                ++last;
                ++count;
            }
            read_run(*first, count);
            first = last;
        }
    } catch (...) {
        const std::vector<TrialNumber> again(numbers.begin(), numbers.end());
        changed(again);
        throw;
    }
}

void ResidentStudy::read_run(TrialNumber first, std::int64_t count) {
    auto records = readers_([&](Database& db) { return read_trials(db, id_, first, count); });
    for (TrialRecord& record : records) {
        auto trial = std::make_shared<const OptunaTrial>(optuna_trial(id_, std::move(record)));
        const auto place = std::ranges::lower_bound(trials_, trial->id, {}, id_of);
        if (place != trials_.end() && (*place)->id == trial->id)
            *place = std::move(trial);
        else
            trials_.insert(place, std::move(trial));
    }
}

const SharedTrial* ResidentStudy::find(TrialId id) const {
    const auto place = std::ranges::lower_bound(trials_, id, {}, id_of);
    return place != trials_.end() && (*place)->id == id ? &*place : nullptr;
}

}  // namespace parnas::store::sqlite
