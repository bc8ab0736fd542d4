// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/pruner.h"

namespace parnas::tests {

// What every pruner promises (search/pruner.h), and that it lets a study's first trial live
// as long as it improves. `options`: the job's `pruner` object, without its type. To
// be called inside a TEST_CASE.
void check_pruner(const search::PrunerFactory& factory, const Json& options);

}  // namespace parnas::tests
