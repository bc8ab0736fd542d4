// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/rest/sessions.h"
#include "api/rest/token_access.h"
#include "api/service/tokens.h"
#include "tests/api/rest/small_api.h"
#include "tests/store/samples.h"

namespace parnas::tests {

// Tokens and sessions over a store in memory, with a clock that the test moves.
struct AccessDesk {
    std::unique_ptr<store::Store> store = store::make_memory_store();
    store::ServiceStore& kept = store::service_store(*store);
    TimePoint time = store::samples::at(0);
    service::Tokens tokens{kept, [this] { return time; }};
    rest::Sessions sessions{[this] { return time; }};

    service::CreatedToken create(const std::string& name,
                                 std::vector<std::string> scopes = {"read"}) {
        return tokens.create({.name = name, .scopes = std::move(scopes)}, "local");
    }
    std::optional<rest::Caller> identify(
        const std::string& method,
        http::Headers headers,
        rest::WithoutTokens without = rest::WithoutTokens::refuse) {
        return rest::TokenAccess(tokens, sessions, without)
            .identify({.method = method, .path = "/v1/studies", .headers = std::move(headers)});
    }
};

// The status that the call is refused with; 0 if it is not.
template <typename Call>
int refusal(Call call) {
    try {
        call();
    } catch (const http::HttpError& error) {
        return error.problem().status;
    }
    return 0;
}

}  // namespace parnas::tests
