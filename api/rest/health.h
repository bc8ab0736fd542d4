// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// get_health and get_readiness.
void add_health(Operations& operations, const Service& service);

}  // namespace parnas::rest
