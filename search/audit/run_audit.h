// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "search/audit/audit.h"
#include "search/run_study.h"
#include "store/store.h"

namespace parnas::search {

// What an audit works with. Everything that is referred to outlives it.
struct AuditParts {
    const PreparedStudy& study;  // the audited one, with its present budget
    store::Store& store;
    StudyId id{};
    AuditOptions options;
    int workers = 1;  // of the study
    // As prepare_study().
    std::function<PreparedStudy(JobSpec)> prepare;
    // Runs a study of the audit to its end or until the user stops it.
    std::function<StudyEnd(const PreparedStudy&, StudyId)> run;
};

// Whether the study trained shared weights, so that a phase left a checkpoint: others have no
// ranking to check.
bool can_be_audited(const store::Store& store, StudyId id);

// Compares a weight-sharing study that is over with what its networks are worth when they are
// trained alone, and with random and local search at its cost, and keeps the result with
// the study. What an earlier call did, killed or not, is not done again. Nullopt: stopped.
//
// The cost of the study is all that it spent: phases, also those that were rolled back, each
// once for every worker whose threads it took, search trials and finalists. Of a kill, the
// piece that it interrupted is lost and not counted. A baseline begins networks until it has spent
// as much. Random search then goes on if it has fewer networks than the ranking is to be compared
// on; those do not count as found.
//
// Throws Error(invalid_input) for a study without shared weights, Error(conflict) for one
// that is not complete or if another study has the name of one of the audit's.
std::optional<Audit> run_audit(const AuditParts& parts, const std::stop_token& stop);

}  // namespace parnas::search
