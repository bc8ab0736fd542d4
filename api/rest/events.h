// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"

namespace parnas::rest {

// get_events and get_study_events, as long polls or as streams.
void add_events(Operations& operations, const Service& service);

}  // namespace parnas::rest
