// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"
#include "api/service/optuna_leases.h"
#include "api/service/suggestions.h"
#include "store/optuna_store.h"

namespace parnas::rest {

// What operations for Optuna's clients stand on. All of it outlives them.
struct OptunaService {
    store::OptunaStore& store;
    service::OptunaLeases& leases;
    service::Suggestions& suggestions;
};

// /optuna/v1: Optuna's storage contract, one request for each of its methods, and what saves
// requests: whole trials at once, and suggestions of this server's samplers and pruners.
void add_optuna(Operations& operations, const Service& service, const OptunaService& optuna);

}  // namespace parnas::rest
