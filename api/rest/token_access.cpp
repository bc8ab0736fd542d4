// SPDX-License-Identifier: Apache-2.0
#include "api/rest/token_access.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "api/http/problem.h"
#include "core/crypto/sha256.h"

namespace parnas::rest {
namespace {

using http::HttpError;

Caller caller_of(store::TokenRecord token) {
    return {.token = std::move(token.id),
            .scopes = std::move(token.scopes),
            .projects = std::move(token.projects),
            .study = std::move(token.study)};
}

Caller everybody() {
    Caller caller;
    caller.scopes.assign(service::kScopes.begin(), service::kScopes.end());
    return caller;
}

bool changes(const http::Request& request) {
    return request.method != "GET" && request.method != "HEAD";
}

// What comes after "Bearer "; nothing if the line has another scheme.
std::optional<std::string_view> bearer_of(std::string_view line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (!http::equal_ignoring_case(line.substr(0, end), "Bearer"))
        return std::nullopt;
    line.remove_prefix(std::min(line.find_first_not_of(' ', end), line.size()));
    return line;
}

void check_csrf(const http::Request& request, const Session& session) {
    const std::string* site = request.headers.find("Sec-Fetch-Site");
    if (site != nullptr && *site != "same-origin")
        throw HttpError(403, "by cookie only pages of this server may change something");
    const std::string* csrf = request.headers.find("X-Parnas-CSRF");
    if (csrf == nullptr || !crypto::equal_in_constant_time(*csrf, session.csrf))
        throw HttpError(403, "to change something by cookie takes X-Parnas-CSRF of its session");
}

// "127.0.0.1:8080", "[::1]", "localhost"
bool names_loopback(std::string_view host) {
    if (host.starts_with('['))
        return host.starts_with("[::1]");
    host = host.substr(0, host.find(':'));
    const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return http::equal_ignoring_case(host, "localhost") || (numeric && host.starts_with("127."));
}

// "http://localhost:8080" of "localhost:8080"
bool is_of(std::string_view origin, std::string_view host) {
    const std::size_t end = origin.find("://");
    return end != std::string_view::npos && http::equal_ignoring_case(origin.substr(end + 3), host);
}

// Every page that a browser on this machine shows can send requests to loopback. Those by a name
// that its own site made point here (DNS rebinding) have that name as Host.
void check_own(const http::Request& request) {
    const std::string* host = request.headers.find("Host");
    if (host != nullptr && !names_loopback(*host))
        throw HttpError(403, "without a token the server is asked as localhost only");
    const std::string* site = request.headers.find("Sec-Fetch-Site");
    if (site != nullptr && *site != "same-origin" && *site != "none")
        throw HttpError(403, "without a token pages of other sites may ask nothing");
    // Of browsers that do not know Sec-Fetch-Site.
    const std::string* origin = request.headers.find("Origin");
    if (site == nullptr && origin != nullptr && (host == nullptr || !is_of(*origin, *host)))
        throw HttpError(403, "without a token pages of other sites may ask nothing");
}

std::optional<Caller> to_caller(std::optional<store::TokenRecord> token) {
    return token ? std::optional(caller_of(std::move(*token))) : std::nullopt;
}

}  // namespace

std::optional<Caller> TokenAccess::identify(const http::Request& request) {
    if (is_open()) {
        check_own(request);
        return everybody();
    }
    if (request.headers.find("Authorization") != nullptr)
        return by_header(request);
    return by_cookie(request);
}

bool TokenAccess::is_open() {
    if (open_ && tokens_.any())
        open_ = false;
    return open_;
}

std::optional<Caller> TokenAccess::by_header(const http::Request& request) {
    if (request.headers.count("Authorization") > 1)
        return std::nullopt;
    const auto secret = bearer_of(*request.headers.find("Authorization"));
    return secret ? to_caller(tokens_.identify(*secret)) : std::nullopt;
}

std::optional<Caller> TokenAccess::by_cookie(const http::Request& request) {
    const std::optional<std::string> cookie = session_cookie(request);
    const std::optional<Session> session = cookie ? sessions_.find(*cookie) : std::nullopt;
    if (!session)
        return std::nullopt;
    std::optional<Caller> caller = to_caller(tokens_.find_usable(session->token));
    if (caller && changes(request))
        check_csrf(request, *session);
    return caller;
}

}  // namespace parnas::rest
