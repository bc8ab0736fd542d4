// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "store/sqlite/database.h"
#include "store/store.h"

// Rows of Optuna's tables, written within the writer's transaction. Whether they may be written
// is the caller's to know.
namespace parnas::store::sqlite {

// The number of the study's next trial.
TrialNumber next_number(Database& database, StudyId study);
// No id that was ever given.
std::int64_t next_trial_id(Database& database);

// Instead of the one with this key, if there is one.
void write_study_attribute(Database& database,
                           StudyId study,
                           AttributeKind kind,
                           std::string_view key,
                           std::string_view value);
void write_trial_attribute(Database& database,
                           std::int64_t trial,
                           AttributeKind kind,
                           std::string_view key,
                           std::string_view value);
void write_trial_attributes(Database& database,
                            std::int64_t trial,
                            const Attributes& user,
                            const Attributes& system);

// Of a trial that has none of them yet.
void write_params(Database& database, std::int64_t trial, std::span<const ParamRecord> params);
// Instead of the one with this name, if there is one, and in its place.
void write_param(Database& database, std::int64_t trial, const ParamRecord& param);
// Instead of the one at this step, if there is one.
void write_report(Database& database, std::int64_t trial, std::int64_t step, double value);
// By objective, instead of those that there are.
void write_values(Database& database, std::int64_t trial, const std::vector<double>& values);

}  // namespace parnas::store::sqlite
