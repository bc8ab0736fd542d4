// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/service/optuna_leases.h"
#include "core/json.h"
#include "store/optuna_store.h"

// Optuna's studies and trials as /optuna/v1 speaks of them.
namespace parnas::rest {

Json to_json(const store::OptunaStudy& study);

// {"trials": [...], "distributions": [...]}: parameters name the texts of their distributions by
// index, since trials of one study have few different ones. Linear, and without a tree of JSON:
// there may be 100,000 of them.
std::string trials_text(std::span<const store::SharedTrial> trials);

// Of checked bodies. Throws HttpError(422) for what a schema cannot say.
std::optional<service::OptunaOwner> owner_in(const Json& body);
store::OptunaTrial template_in(const Json& json);
std::vector<store::OptunaChange> changes_in(const Json& body, store::TrialId trial);
std::vector<store::OptunaChange> changes_in(const Json& body, StudyId study);
std::vector<store::TrialId> trial_ids_in(const Json& body, const char* member);

}  // namespace parnas::rest
