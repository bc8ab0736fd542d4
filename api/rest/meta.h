// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// What the server says of itself: get_version, get_metrics, get_openapi, get_problem.
void add_meta(Operations& operations, const Service& service);

}  // namespace parnas::rest
