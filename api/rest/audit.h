// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// list_audit.
void add_audit(Operations& operations, const Service& service);

}  // namespace parnas::rest
