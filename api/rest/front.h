// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// get_front and get_front_history.
void add_front(Operations& operations, const Service& service);

}  // namespace parnas::rest
