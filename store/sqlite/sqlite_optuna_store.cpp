// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_optuna_store.h"

#include <utility>

#include "store/rules.h"
#include "store/sqlite/codec.h"
#include "store/sqlite/drivers.h"
#include "store/sqlite/optuna_writes.h"
#include "store/sqlite/study_queries.h"
#include "store/sqlite/study_removal.h"
#include "store/sqlite/trial_queries.h"

namespace parnas::store::sqlite {
namespace {

OptunaStudy read_optuna_study(Database& database, StudyId id, std::string name) {
    return {.id = id,
            .name = std::move(name),
            .directions = read_directions(database, id),
            .attributes = read_attributes(database, id)};
}

std::optional<std::string> find_name(Database& database, StudyId id) {
    Query query = database.query("SELECT study_name FROM studies WHERE study_id = ?", raw(id));
    return query.next() ? std::optional(query.text(0)) : std::nullopt;
}

std::vector<OptunaStudy> read_optuna_studies(Database& database) {
    std::vector<OptunaStudy> studies;
    Query query = database.query("SELECT study_id, study_name FROM studies ORDER BY study_id");
    while (query.next()) {
        const auto id = static_cast<StudyId>(query.integer(0));
        studies.push_back(read_optuna_study(database, id, query.text(1)));
    }
    return studies;
}

struct TrialPlace {
    StudyId study{};
    TrialNumber number = 0;
};

TrialPlace find_place(Database& database, TrialId id) {
    Query query = database.query("SELECT study_id, number FROM trials WHERE trial_id = ?", raw(id));
    if (!query.next())
        throw unknown_trial(id);
    return {.study = static_cast<StudyId>(query.integer(0)), .number = query.integer(1)};
}

OptunaTrial read_optuna_trial(Database& database, TrialId id) {
    const TrialPlace place = find_place(database, id);
    for (TrialRecord& record : read_trials(database, place.study, place.number, 1))
        if (record.id == raw(id))
            return optuna_trial(place.study, std::move(record));
    throw unknown_trial(id);
}

TrialId read_trial_id(Database& database, StudyId id, TrialNumber number) {
    count_objectives(database, id);
    Query query = database.query(
        "SELECT trial_id FROM trials WHERE study_id = ? AND number = ?", raw(id), number);
    if (!query.next())
        throw unknown_trial(number);
    return static_cast<TrialId>(query.integer(0));
}

std::vector<TrialId> read_running(Database& database) {
    std::map<StudyId, bool> driven;
    std::vector<TrialId> trials;
    Query query = database.query(
        "SELECT trial_id, study_id FROM trials WHERE state = 'RUNNING'"
        " AND trial_id NOT IN (SELECT trial_id FROM parnas_trials) ORDER BY trial_id");
    while (query.next()) {
        const auto study = static_cast<StudyId>(query.integer(1));
        if (!driven.contains(study))
            driven.emplace(study, read_holder(database, study).has_value());
        if (!driven.at(study))
            trials.push_back(static_cast<TrialId>(query.integer(0)));
    }
    return trials;
}

}  // namespace

SqliteOptunaStore::SqliteOptunaStore(Writer* writer, const Readers& readers)
    : writer_(writer), readers_(readers) {
    if (writer != nullptr)
        watch_.emplace(*writer);
}

StudyId SqliteOptunaStore::create_study(std::string_view name,
                                        std::span<const Direction> directions) {
    check_optuna_study(name, directions);
    StudyId id{};
    writer().run([&](Database& db) { id = insert_study_rows(db, name, directions); });
    return id;
}

void SqliteOptunaStore::delete_study(StudyId id) {
    writer().run([&](Database& db) { sqlite::delete_study(db, id); }, [&] { deleted(id); });
}

TrialId SqliteOptunaStore::create_trial(StudyId id, const std::optional<OptunaTrial>& like) {
    if (like)
        check_template(*like);
    TouchedTrial made;
    writer().run([&](Database& db) { made = insert_optuna_trial(db, id, like); },
                 [&] { changed(id, std::span(&made.number, 1)); });
    return made.id;
}

bool SqliteOptunaStore::apply(std::span<const OptunaChange> changes) {
    check_changes(changes);
    std::optional<std::vector<TouchedTrial>> touched;
    const auto publish = [&] {
        if (touched)
            for (const TouchedTrial& trial : *touched)
                changed(trial.study, std::span(&trial.number, 1));
    };
    writer().run([&](Database& db) { touched = write_changes(db, changes); }, publish);
    return touched.has_value();
}

std::vector<OptunaStudy> SqliteOptunaStore::studies() const {
    return readers_(read_optuna_studies);
}

OptunaStudy SqliteOptunaStore::study(StudyId id) const {
    return readers_([&](Database& db) {
        auto name = find_name(db, id);
        if (!name)
            throw unknown_study(id);
        return read_optuna_study(db, id, std::move(*name));
    });
}

StudyId SqliteOptunaStore::find_study(std::string_view name) const {
    return readers_([&](Database& db) { return find_study_id(db, name); });
}

std::vector<SharedTrial> SqliteOptunaStore::trials(StudyId id, const TrialCursor& cursor) const {
    if (!watch_)
        return ResidentStudy(readers_, id).select(cursor, 0);
    const std::int64_t foreign_changes = watch_->changes();
    try {
        return resident(id)->select(cursor, foreign_changes);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::not_found)
            forget(id);
        throw;
    }
}

SharedTrial SqliteOptunaStore::trial(TrialId id) const {
    return std::make_shared<const OptunaTrial>(
        readers_([&](Database& db) { return read_optuna_trial(db, id); }));
}

TrialId SqliteOptunaStore::find_trial(StudyId id, TrialNumber number) const {
    return readers_([&](Database& db) { return read_trial_id(db, id, number); });
}

std::vector<TrialId> SqliteOptunaStore::running_trials() const {
    return readers_(read_running);
}

void SqliteOptunaStore::changed(StudyId id, std::span<const TrialNumber> numbers) {
    std::shared_ptr<ResidentStudy> study;
    {
        const MutexLock lock(mutex_);
        const auto found = residents_.find(id);
        if (found == residents_.end())
            return;
        study = found->second;
    }
    study->changed(numbers);
}

void SqliteOptunaStore::deleted(StudyId id) {
    forget(id);
}

Writer& SqliteOptunaStore::writer() const {
    if (writer_ == nullptr)
        throw Error(ErrorKind::conflict, "the store was opened for reading only");
    return *writer_;
}

std::shared_ptr<ResidentStudy> SqliteOptunaStore::resident(StudyId id) const {
    const MutexLock lock(mutex_);
    auto& study = residents_[id];
    if (!study)
        study = std::make_shared<ResidentStudy>(readers_, id);
    return study;
}

void SqliteOptunaStore::forget(StudyId id) const {
    const MutexLock lock(mutex_);
    residents_.erase(id);
}

}  // namespace parnas::store::sqlite
