// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// get_importance and get_convergence.
void add_analyses(Operations& operations, const Service& service);

}  // namespace parnas::rest
