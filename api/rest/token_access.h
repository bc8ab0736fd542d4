// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>

#include "api/rest/access.h"
#include "api/rest/sessions.h"
#include "api/service/tokens.h"

namespace parnas::rest {

// Of a server whose store has no usable token.
enum class WithoutTokens {
    refuse,  // every request that needs one
    // Everybody may do everything until there is a token, and not again afterwards. Only for a
    // server that listens to loopback alone.
    admit,
};

// Callers by the token in `Authorization: Bearer`, else by the session of the cookie, which to
// change something takes X-Parnas-CSRF too, and Sec-Fetch-Site same-origin if that is there. Who
// is admitted without a token has a Caller with an empty one, if the request is not another
// site's: its Host names loopback, and it comes from no page of another origin.
class TokenAccess final : public Access {
  public:
    // Both outlive it.
    TokenAccess(service::Tokens& tokens, Sessions& sessions, WithoutTokens without)
        : tokens_(tokens), sessions_(sessions), open_(without == WithoutTokens::admit) {}

    std::optional<Caller> identify(const http::Request& request) override;

  private:
    bool is_open();
    std::optional<Caller> by_header(const http::Request& request);
    std::optional<Caller> by_cookie(const http::Request& request);

    service::Tokens& tokens_;
    Sessions& sessions_;
    std::atomic<bool> open_;
};

}  // namespace parnas::rest
