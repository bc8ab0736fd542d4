// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/mutex.h"
#include "store/optuna_store.h"
#include "store/sqlite/readers.h"

namespace parnas::store::sqlite {

OptunaTrial optuna_trial(StudyId study, TrialRecord record);

// A study's trials in memory: they are read once, and then those that changed. Thread-safe;
// `readers` must outlive it.
class ResidentStudy {
  public:
    ResidentStudy(const Readers& readers, StudyId id) : readers_(readers), id_(id) {}

    // By id. `foreign_changes`: what ForeignWatch says now; after others have written, all rows
    // of the study's trials are compared once. Throws Error(not_found) if it is gone.
    std::vector<SharedTrial> select(const TrialCursor& cursor, std::int64_t foreign_changes);

    // Trials that a commit has changed or made. Never waits for those who read.
    void changed(std::span<const TrialNumber> numbers);

  private:
    void catch_up(std::int64_t foreign_changes) PARNAS_REQUIRES(reading_);
    void load() PARNAS_REQUIRES(reading_);
    void compare_rows() PARNAS_REQUIRES(reading_);
    void read_changed() PARNAS_REQUIRES(reading_);
    void read_run(TrialNumber first, std::int64_t count) PARNAS_REQUIRES(reading_);
    const SharedTrial* find(TrialId id) const PARNAS_REQUIRES(reading_);

    const Readers& readers_;
    const StudyId id_;
    Mutex reading_;
    std::vector<SharedTrial> trials_ PARNAS_GUARDED_BY(reading_);  // by id
    // The foreign changes that are in `trials_`; none: nothing was read yet.
    std::optional<std::int64_t> as_of_ PARNAS_GUARDED_BY(reading_);
    Mutex marking_;
    std::set<TrialNumber> changed_ PARNAS_GUARDED_BY(marking_);  // and not read again yet
};

}  // namespace parnas::store::sqlite
