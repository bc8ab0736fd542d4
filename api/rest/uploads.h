// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"
#include "api/service/uploads.h"

namespace parnas::rest {

// put_artifact and get_artifact. Everything outlives the operations.
void add_uploads(Operations& operations, const Service& service, service::Uploads& uploads);

}  // namespace parnas::rest
