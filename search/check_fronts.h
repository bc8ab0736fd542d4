// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/error.h"
#include "store/store.h"

namespace parnas::search {

// Where the front in the store is not the one of the study's trials. Studies of other
// programs have none. May be called while searches run.
std::vector<Fault> check_fronts(const store::Store& store);

}  // namespace parnas::search
