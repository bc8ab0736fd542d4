// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/registries.h"

namespace parnas::search {

// Adds the strategies random, regularized_evolution and nsga2.
void register_strategies(Registries& registries);
// Adds the pruner median.
void register_pruners(Registries& registries);

}  // namespace parnas::search
