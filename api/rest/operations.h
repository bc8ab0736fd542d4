// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "api/http/response.h"
#include "api/rest/call.h"

namespace parnas::rest {

// Who keeps the answer of a request that has an Idempotency-Key.
enum class Recorded {
    by_routes,     // after the operation, which may be done twice if the server dies in between
    by_operation,  // in the commit of its effect, under Call::key()
};

// What the server does for an operation of the contract. Called by several threads at once;
// throws as http::Handler does.
struct Operation {
    Operation() = default;
    template <typename Run>
    Operation(Run answer, Recorded by = Recorded::by_routes)  // NOLINT: a function is one
        : run(std::move(answer)), recorded(by) {}

    std::function<http::Response(const Call&)> run;
    Recorded recorded = Recorded::by_routes;
};

// By `operationId`.
using Operations = std::map<std::string, Operation, std::less<>>;

}  // namespace parnas::rest
