// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/operations.h"
#include "api/service/tokens.h"

namespace parnas::rest {

// create_token and revoke_token. Who is bound to projects or to a study makes and revokes only
// tokens that are bound so, too. `tokens` outlives the operations.
void add_tokens(Operations& operations, service::Tokens& tokens);

}  // namespace parnas::rest
