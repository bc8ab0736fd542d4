// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace parnas::store {

// Whether a parameter of a study may be given `later` in a trial after `first` in an earlier one:
// the same kind, the same scale, and of a categorical the same choices in the same order, as Python
// compares them (1, 1.0 and true are equal, and so is NaN to itself). Ranges and steps may change.
//
// Both are Optuna's JSON texts, the forms of Optuna 1 and 2 among them. Throws
// Error(invalid_input) for what is none.
bool compatible_distributions(std::string_view first, std::string_view later);

// Throws Error(invalid_input) for what is no distribution.
void check_distribution(std::string_view text);

}  // namespace parnas::store
