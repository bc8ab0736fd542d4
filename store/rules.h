// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "store/holder.h"
#include "store/optuna_store.h"
#include "store/store.h"

// What every store refuses, and in which words.
namespace parnas::store {

inline constexpr std::int64_t kMaxNameLength = 512;  // Optuna's VARCHAR(512)

// Of a UTF-8 text.
std::int64_t characters(std::string_view utf8);

// Throws Error(invalid_input).
void check_study(const StudySpec& spec);

// What can be said of a batch without looking at the store. Throws Error(internal): the
// driver that made such a batch has a bug.
void check_batch(const Batch& batch, std::size_t objectives);

// Throws Error(invalid_input) for a key that is empty or too long, and for a value that is
// too long or no JSON text as Python writes it, with all faults.
void check_attributes(std::span<const AttributeChange> changes);
// Throws Error(conflict) unless `present` (empty: none) is what the change expects.
void check_expected(const AttributeChange& change, std::string_view present);

// The system attribute by which Optuna's tools know the names of the objectives.
inline constexpr std::string_view kMetricNamesKey = "study:metric_names";
std::string metric_names_text(const std::vector<std::string>& names);
// Those of a study that has none, as in Optuna's data frames.
std::vector<std::string> default_metric_names(std::size_t objectives);
// What Store::adopt_study() refuses.
void check_adoption(const StudyRecord& study, const StudySpec& spec);

// Numbers must be dense; `next` is the one that may start now. Throws Error(conflict).
void check_next(TrialNumber number, TrialNumber next);
// The same for phases.
void check_next_phase(std::int64_t index, std::int64_t next);
// Throws Error(conflict) for a finished trial.
void check_unfinished(TrialNumber number, TrialState state);

Error unknown_study(StudyId id);
Error unknown_study(std::string_view name);
Error unknown_artifact(const ArtifactId& id);
Error taken_name(std::string_view name);
// Of a batch: the driver's view of the study is not the store's.
Error no_such_trial_to_change(TrialNumber number);
Error no_such_phase(std::int64_t index);
// Of a question.
Error unknown_trial(TrialNumber number);
Error unknown_trial(TrialId id);
Error held_by_another(std::string_view study, const Claim& claim);
Error lost_driver(const Driver& driver);

}  // namespace parnas::store
