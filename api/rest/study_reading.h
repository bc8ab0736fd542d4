// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"
#include "api/rest/study_access.h"

namespace parnas::rest {

// A study with its ETag.
http::Response answer_study(int status, const SeenStudy& study, const Service& service);

// list_studies and get_study.
void add_study_reading(Operations& operations, const Service& service);

}  // namespace parnas::rest
