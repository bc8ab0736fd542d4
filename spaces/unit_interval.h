// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "core/trial.h"
#include "spaces/param.h"

namespace parnas::spaces {

// A domain laid out on [0, 1], on the log scale where it says so. The values of a finite
// domain have neighbouring cells, of equal width unless it is logarithmic; uniform numbers
// give what sample() draws.

// Where `value` lies: in the middle of its cell.
double to_unit(const Domain& domain, const Value& value);
// The value at `position`; that of the nearer end outside [0, 1].
Value from_unit(const Domain& domain, double position);
// The genotype at a point of the unit cube: one position for each parameter, active or not.
Genotype from_unit(std::span<const Param> params, std::span<const double> point);

}  // namespace parnas::spaces
