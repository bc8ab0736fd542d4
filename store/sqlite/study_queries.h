// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "store/service_store.h"
#include "store/sqlite/database.h"

// Studies and what belongs to a whole study.
namespace parnas::store::sqlite {

StudyId insert_study(Database& database, const StudySpec& spec);
// As Store::adopt_study().
void adopt_study(Database& database, StudyId id, const StudySpec& spec);
// Optuna's rows alone. Throws Error(conflict) for a name that is taken.
StudyId insert_study_rows(Database& database,
                          std::string_view name,
                          std::span<const Direction> directions);

void change_job(Database& database, StudyId id, std::string_view job);

std::vector<StudyRecord> read_studies(Database& database);
StudyRecord read_study(Database& database, StudyId id);
// Throws Error(not_found).
StudyId find_study_id(Database& database, std::string_view name);
std::vector<Direction> read_directions(Database& database, StudyId id);
// Throws Error(not_found) if there is no such study.
std::size_t count_objectives(Database& database, StudyId id);

std::map<TrialState, std::int64_t> count_trials(Database& database, StudyId id);
StudyAttributes read_attributes(Database& database, StudyId id);
std::vector<FrontChange> read_fronts(Database& database, StudyId id);
std::vector<TrialNumber> read_last_front(Database& database, StudyId id);
std::vector<Event> read_events(Database& database, StudyId id, std::int64_t after_seq);
// Of all studies.
std::vector<StudyEvent> read_all_events(Database& database,
                                        std::int64_t after_seq,
                                        std::int64_t limit);
std::int64_t read_last_seq(Database& database);

}  // namespace parnas::store::sqlite
