// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/http/router.h"
#include "api/rest/access.h"
#include "api/rest/answers.h"
#include "api/rest/contract.h"
#include "api/rest/operations.h"

namespace parnas::rest {

// The routes of the contract. Each does for its operation what the contract declares: knows the
// caller (401) and what the caller may do (403), reads the request (read_call() in call.h), answers
// a request again that has been answered (409 request-in-progress, 422 idempotency-key-reuse), and
// answers 304 to clients that have the answer already.
//
// `contract`, `access` and `answers` outlive the routes. Throws Error(invalid_input) with every
// operation that the contract has and `operations` lacks, and the other way round.
std::vector<http::Route> make_routes(const Contract& contract,
                                     Operations operations,
                                     Access& access,
                                     Answers& answers);

}  // namespace parnas::rest
