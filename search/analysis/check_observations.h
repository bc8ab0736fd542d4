// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "search/analysis/observations.h"

namespace parnas::search {

// Throws Error(invalid_input) where there is nothing to explain or nothing to explain it by.
void check_observations(const Observations& seen);

// How many trials had the parameter.
std::size_t count_known(const Observations& seen, std::size_t axis);

}  // namespace parnas::search
