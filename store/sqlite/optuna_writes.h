// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/optuna_store.h"
#include "store/sqlite/database.h"

// What Optuna's clients write, within the writer's transaction. What throws leaves it half-written:
// the caller rolls back.
namespace parnas::store::sqlite {

// What can be said without looking at the store. Throw Error(invalid_input).
void check_optuna_study(std::string_view name, std::span<const Direction> directions);
void check_template(const OptunaTrial& like);
void check_changes(std::span<const OptunaChange> changes);

// A trial that others have to read again.
struct TouchedTrial {
    StudyId study{};
    TrialId id{};
    TrialNumber number = 0;
};

TouchedTrial insert_optuna_trial(Database& database,
                                 StudyId study,
                                 const std::optional<OptunaTrial>& like);

// Nullopt, and nothing was written: a trial that was to become RUNNING is so already.
std::optional<std::vector<TouchedTrial>> write_changes(Database& database,
                                                       std::span<const OptunaChange> changes);

}  // namespace parnas::store::sqlite
