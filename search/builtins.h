// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/registries.h"

namespace parnas::search {

// Adds every strategy that needs no other module.
void register_strategies(Registries& registries);
// Adds every pruner.
void register_pruners(Registries& registries);

}  // namespace parnas::search
