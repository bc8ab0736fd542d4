// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/trial.h"
#include "store/store.h"

namespace parnas::optuna {

struct JournalStudy {
    std::string name;
    std::vector<Direction> directions;
    store::StudyAttributes attributes;
    // By number; `id` is the journal's own, and there is nothing that Optuna has no word for.
    std::vector<store::TrialRecord> trials;
};

// What an Optuna journal file comes to.
struct Journal {
    std::vector<JournalStudy> studies;  // those that were not deleted, in order
    std::int64_t operations = 0;
    // Operations that everybody passes over: of unknown ids, of finished trials, names that are
    // taken, incompatible distributions, trials popped twice.
    std::int64_t passed_over = 0;
    // The last line, if it has no end or is no JSON: a write that was cut off. It counts for
    // nothing.
    std::optional<Fault> cut_off;
};

// Replays a journal (JournalStorage of Optuna 3.1 to 5.0, and of Rustuna). Throws Error(damaged)
// with the line for one before the last that cannot be read: what follows could then mean other
// trials. `source` names the file.
Journal replay_journal(std::istream& file, const std::string& source);

}  // namespace parnas::optuna
