// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/registries.h"

namespace parnas::search {

// Adds every strategy that needs no other module.
void register_strategies(Registries& registries);
// Adds every pruner.
void register_pruners(Registries& registries);
// Adds everything that can end a search early.
void register_terminators(Registries& registries);

}  // namespace parnas::search
