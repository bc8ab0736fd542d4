// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// get_architecture and compare_architectures.
void add_architectures(Operations& operations, const Service& service);

}  // namespace parnas::rest
