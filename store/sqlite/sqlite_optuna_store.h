// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>

#include "core/mutex.h"
#include "store/optuna_store.h"
#include "store/sqlite/foreign_watch.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/resident_study.h"
#include "store/sqlite/writer.h"

namespace parnas::store::sqlite {

// A SQLite store as Optuna's clients see it. Thread-safe.
class SqliteOptunaStore final : public OptunaStore {
  public:
    // Both must outlive it. Without a writer nothing can be changed, and each call reads the file.
    SqliteOptunaStore(Writer* writer, const Readers& readers);

    StudyId create_study(std::string_view name, std::span<const Direction> directions) override;
    void delete_study(StudyId id) override;
    TrialId create_trial(StudyId id, const std::optional<OptunaTrial>& like) override;
    bool apply(std::span<const OptunaChange> changes) override;

    std::vector<OptunaStudy> studies() const override;
    OptunaStudy study(StudyId id) const override;
    StudyId find_study(std::string_view name) const override;
    std::vector<SharedTrial> trials(StudyId id, const TrialCursor& cursor) const override;
    SharedTrial trial(TrialId id) const override;
    TrialId find_trial(StudyId id, TrialNumber number) const override;
    std::vector<TrialId> running_trials() const override;

    // What others have committed with the same writer: called by its thread.
    void changed(StudyId id, std::span<const TrialNumber> numbers);
    void deleted(StudyId id);

  private:
    Writer& writer() const;
    std::shared_ptr<ResidentStudy> resident(StudyId id) const;
    void forget(StudyId id) const;

    Writer* writer_;
    const Readers& readers_;
    mutable std::optional<ForeignWatch> watch_;
    mutable Mutex mutex_;
    mutable std::map<StudyId, std::shared_ptr<ResidentStudy>> residents_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::store::sqlite
