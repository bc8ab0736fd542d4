// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/optuna/grpc_server.h"
#include "api/optuna/storage.pb.h"
#include "store/optuna_store.h"

// Values as the protocol has them, and back. What cannot be read throws Error(invalid_input).
namespace parnas::rpc {

std::string time_to_message(TimePoint time, TimeForm form);
// Nullopt for the empty text. Reads both forms; one with a zone is converted to UTC.
std::optional<TimePoint> time_from_message(std::string_view text);

optuna::TrialState state_to_message(TrialState state);
TrialState state_from_message(optuna::TrialState state);
optuna::StudyDirection direction_to_message(Direction direction);
Direction direction_from_message(int direction);

// Into messages that are empty.
void trial_to_message(const store::OptunaTrial& trial, TimeForm form, optuna::Trial& message);
void study_to_message(const store::OptunaStudy& study, optuna::Study& message);
// All but its ids and number, which do not matter in a template. Parameters come in the order of
// their names, as the protocol keeps none.
store::OptunaTrial template_from_message(const optuna::Trial& message);

}  // namespace parnas::rpc
