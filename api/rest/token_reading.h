// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/rest/service.h"
#include "core/json.h"

namespace parnas::rest {

// Without its secret.
Json token_json(const store::TokenRecord& token);

// list_tokens and get_token.
void add_token_reading(Operations& operations, const Service& service);

}  // namespace parnas::rest
