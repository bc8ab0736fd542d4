// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/rest/operations.h"
#include "api/service/tokens.h"
#include "core/mutex.h"

namespace parnas::rest {

// What a page in a browser has in the place of a token, which scripts of the page never see.
struct Session {
    std::string token;  // its id; the session is good for what the token is good for now
    std::string csrf;   // known to pages of this server only
    TimePoint expires;
};

// Sessions by their cookies, in memory: a server that is started again has none. A token has the
// latest 64 of its own. Thread-safe.
class Sessions {
  public:
    static constexpr std::chrono::hours kLifetime{12};
    using Clock = std::function<TimePoint()>;
    // `clock` is called by several threads at once.
    explicit Sessions(Clock clock = now) : clock_(std::move(clock)) {}

    struct Opened {
        std::string cookie;  // 256 random bits as base64url
        Session session;
    };
    Opened open(std::string_view token);
    // Nothing if there is none, or none any more.
    std::optional<Session> find(std::string_view cookie) const;
    void close(std::string_view cookie);

  private:
    void make_room(std::string_view token, TimePoint time) PARNAS_REQUIRES(mutex_);

    const Clock clock_;
    mutable Mutex mutex_;
    // By the cookie's SHA-256, so that the time of a look-up says nothing of cookies.
    std::map<std::string, Session, std::less<>> sessions_ PARNAS_GUARDED_BY(mutex_);
};

// The session cookie of a request, if there is one.
std::optional<std::string> session_cookie(const http::Request& request);

// open_session and close_session. Everything outlives the operations.
void add_sessions(Operations& operations, Sessions& sessions, service::Tokens& tokens);

}  // namespace parnas::rest
