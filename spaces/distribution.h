// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/trial.h"
#include "spaces/param.h"

namespace parnas::spaces {

// A domain as Optuna writes it:
// {"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 10}}
// with Python's separators, so that the text is what Optuna itself would have written.
std::string to_distribution(const Domain& domain);
// Accepts today's three kinds and the deprecated five. Throws Error(invalid_input).
Domain domain_from_distribution(const std::string& text);

// Optuna's internal representation: a categorical's index, otherwise the number.
double to_internal(const Value& value);
Value from_internal(const Domain& domain, double internal);

}  // namespace parnas::spaces
