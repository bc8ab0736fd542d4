// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace parnas::spaces
