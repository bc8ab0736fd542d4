// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/trial.h"

namespace parnas::store {

// What a request with an idempotency key was answered, written in the same commit as the
// request's effect: who repeats the request gets the same bytes, and nothing happens twice. The
// body is kept as it is, so it must hold no secret.
struct Answer {
    std::string
        scope;  // whose key it is: a token's id and a route; 1 to 256 visible ASCII characters
    std::string key;   // 1 to 128 visible ASCII characters
    Digest request;    // of its method, path and body
    int status = 200;  // 200 to 499
    std::string body;
    TimePoint time;

    bool operator==(const Answer&) const = default;
};

}  // namespace parnas::store
