// SPDX-License-Identifier: Apache-2.0
#include "api/rest/sessions.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/times.h"
#include "core/base64url.h"
#include "core/crypto/sha256.h"

namespace parnas::rest {
namespace {

constexpr std::string_view kCookie = "parnas_session";
constexpr std::size_t kMostOfToken = 64;
constexpr std::size_t kRandomBytes = 32;

std::string random_text() {
    return to_base64url(crypto::random_bytes(kRandomBytes));
}

// The value of a cookie in a line "a=1; b=2".
std::optional<std::string_view> find_cookie(std::string_view line, std::string_view name) {
    while (!line.empty()) {
        std::string_view pair = line.substr(0, line.find(';'));
        line.remove_prefix(std::min(line.size(), pair.size() + 1));
        pair.remove_prefix(std::min(pair.size(), pair.find_first_not_of(' ')));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return pair.substr(name.size() + 1);
    }
    return std::nullopt;
}

// By TLS of this server's own, or of a proxy that says so. It is believed: the browser keeps such a
// cookie from being sent in the clear, and who lies about it gets one that only https brings back.
bool came_by_https(const http::Request& request) {
    if (request.encrypted)
        return true;
    const std::string* scheme = request.headers.find("X-Forwarded-Proto");
    return scheme != nullptr && http::equal_ignoring_case(*scheme, "https");
}

// No seconds: the browser forgets the cookie.
std::string set_cookie(const http::Request& request,
                       std::string_view cookie,
                       std::chrono::seconds lifetime) {
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}",
                       kCookie,
                       cookie,
                       lifetime.count(),
                       came_by_https(request) ? "; Secure" : "");
}

Json session_json(const Session& session, const store::TokenRecord& token) {
    Json json{{"csrf", session.csrf},
              {"scopes", token.scopes},
              {"projects", token.projects},
              {"expires", to_rfc3339(session.expires)}};
    if (token.study)
        json["study"] = *token.study;
    return json;
}

http::Response open_session(const Call& call, Sessions& sessions, service::Tokens& tokens) {
    const std::optional<store::TokenRecord> token =
        tokens.identify(call.body()["token"].get<std::string>());
    if (!token)
        throw http::HttpError(
            http::Problem{.status = 401,
                          .detail = "this is no token, or none that is still good",
                          .headers = {{"WWW-Authenticate", "Bearer"}}});
    const Sessions::Opened opened = sessions.open(token->id);
    http::Response response = http::make_json(201, session_json(opened.session, *token));
    response.headers.set("Set-Cookie",
                         set_cookie(call.request(), opened.cookie, Sessions::kLifetime));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

http::Response close_session(const Call& call, Sessions& sessions) {
    http::Response response{.status = 204};
    const std::optional<std::string> cookie = session_cookie(call.request());
    if (!cookie)
        return response;
    // A token closes sessions of its own.
    if (const auto session = sessions.find(*cookie);
        session && session->token == call.caller().token)
        sessions.close(*cookie);
    response.headers.set("Set-Cookie",
                         set_cookie(call.request(), "", std::chrono::seconds::zero()));
    return response;
}

}  // namespace

Sessions::Opened Sessions::open(std::string_view token) {
    const TimePoint time = clock_();
    Opened opened{
        .cookie = random_text(),
        .session = {
            .token = std::string(token), .csrf = random_text(), .expires = time + kLifetime}};
    const MutexLock lock(mutex_);
    make_room(token, time);
    sessions_.emplace(crypto::sha256(opened.cookie), opened.session);
    return opened;
}

std::optional<Session> Sessions::find(std::string_view cookie) const {
    const TimePoint time = clock_();
    const MutexLock lock(mutex_);
    const auto found = sessions_.find(crypto::sha256(cookie));
    if (found == sessions_.end() || found->second.expires <= time)
        return std::nullopt;
    return found->second;
}

void Sessions::close(std::string_view cookie) {
    const MutexLock lock(mutex_);
    sessions_.erase(crypto::sha256(cookie));
}

// Forgets what has expired, and the token's oldest session if it has too many.
void Sessions::make_room(std::string_view token, TimePoint time) {
    std::erase_if(sessions_, [&](const auto& entry) { return entry.second.expires <= time; });
    std::size_t count = 0;
    auto oldest = sessions_.end();
    for (auto each = sessions_.begin(); each != sessions_.end(); ++each) {
        if (each->second.token != token)
            continue;
        ++count;
        if (oldest == sessions_.end() || each->second.expires < oldest->second.expires)
            oldest = each;
    }
    if (count >= kMostOfToken)
        sessions_.erase(oldest);
}

std::optional<std::string> session_cookie(const http::Request& request) {
    for (const http::Field& line : request.headers.lines())
        if (http::equal_ignoring_case(line.name, "Cookie"))
            if (const auto cookie = find_cookie(line.value, kCookie))
                return std::string(*cookie);
    return std::nullopt;
}

void add_sessions(Operations& operations, Sessions& sessions, service::Tokens& tokens) {
    operations["open_session"] = [&sessions, &tokens](const Call& call) {
        return open_session(call, sessions, tokens);
    };
    operations["close_session"] = [&sessions](const Call& call) {
        return close_session(call, sessions);
    };
}

}  // namespace parnas::rest
