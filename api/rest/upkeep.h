// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/service/upkeep.h"

namespace parnas::rest {

// create_backup and check_store.
void add_upkeep(Operations& operations, service::Upkeep& upkeep);

}  // namespace parnas::rest
