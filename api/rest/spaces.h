// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// list_spaces, get_space, sample_space and validate_candidate.
void add_spaces(Operations& operations, const Service& service);

}  // namespace parnas::rest
