// SPDX-License-Identifier: Apache-2.0
#include "api/rest/token_access.h"

#include "tests/api/rest/access_desk.h"

using namespace parnas;
using rest::WithoutTokens;
using tests::AccessDesk;
using tests::refusal;

TEST_CASE("a request has the rights of its token", "[api][rest][access]") {
    AccessDesk desk;
    const auto created = desk.tokens.create(
        {.name = "guest", .scopes = {"read", "work"}, .projects = {"vision"}, .study = "digits"},
        "local");
    const auto caller = desk.identify("GET", {{"Authorization", "Bearer " + created.secret}});
    REQUIRE(caller);
    CHECK(caller->token == created.record.id);
    CHECK(caller->has_scope("work"));
    CHECK_FALSE(caller->has_scope("admin"));
    CHECK(caller->may_see("digits", "vision"));
    CHECK_FALSE(caller->may_see("digits", "speech"));
    CHECK_FALSE(caller->may_see("letters", "vision"));
}

TEST_CASE("the header is read as HTTP has it, and no other way", "[api][rest][access]") {
    AccessDesk desk;
    const std::string secret = desk.create("one").secret;
    for (const std::string& good : {"bearer " + secret, "BEARER   " + secret})
        CHECK(desk.identify("POST", {{"authorization", good}}));
    for (const std::string& bad : std::vector<std::string>{secret,
                                                           "Bearer",
                                                           "Bearer ",
                                                           "Bearer" + secret,
                                                           "Basic " + secret,
                                                           "Bearer " + secret + " ",
                                                           "Bearer " + secret + ", x"})
        CHECK_FALSE(desk.identify("GET", {{"Authorization", bad}}));
    CHECK_FALSE(desk.identify("GET", {}));
    CHECK_FALSE(desk.identify(
        "GET", {{"Authorization", "Bearer " + secret}, {"Authorization", "Bearer " + secret}}));
}

TEST_CASE("by cookie everything can be looked at, and changed with the session's CSRF text",
          "[api][rest][access]") {
    AccessDesk desk;
    const auto opened = desk.sessions.open(desk.create("one").record.id);
    const http::Field cookie{"Cookie", "theme=dark; parnas_session=" + opened.cookie + "; x=1"};
    const http::Field csrf{"X-Parnas-CSRF", opened.session.csrf};
    CHECK(desk.identify("GET", {cookie}));
    CHECK(desk.identify("HEAD", {cookie}));
    CHECK(desk.identify("POST", {cookie, csrf}));
    CHECK(desk.identify("DELETE", {cookie, csrf, {"Sec-Fetch-Site", "same-origin"}}));
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
        CHECK(refusal([&] { desk.identify(method, {cookie}); }) == 403);
        CHECK(refusal([&] { desk.identify(method, {cookie, {"X-Parnas-CSRF", "guess"}}); }) == 403);
        for (const char* site : {"cross-site", "same-site", "none"})
            CHECK(refusal([&] {
                      desk.identify(method, {cookie, csrf, {"Sec-Fetch-Site", site}});
                  }) == 403);
    }
    const auto other = desk.sessions.open(desk.create("two").record.id);
    CHECK(refusal([&] {
              desk.identify("POST", {cookie, {"X-Parnas-CSRF", other.session.csrf}});
          }) == 403);
}

TEST_CASE("a cookie is worth what its token is worth", "[api][rest][access]") {
    AccessDesk desk;
    const auto created = desk.create("one");
    const auto opened = desk.sessions.open(created.record.id);
    const http::Headers headers{{"Cookie", "parnas_session=" + opened.cookie}};
    CHECK_FALSE(desk.identify("GET", {{"Cookie", "parnas_session=guess"}}));
    CHECK_FALSE(desk.identify("GET", {{"Cookie", "parnas_session="}}));
    CHECK_FALSE(desk.identify("GET", {{"Cookie", "parnas_session"}}));
    CHECK_FALSE(desk.identify("GET", {{"Cookie", "xparnas_session=" + opened.cookie}}));
    REQUIRE(desk.identify("GET", headers));
    CHECK(desk.identify("GET", headers)->token == created.record.id);
    desk.tokens.revoke(created.record.id, "local");
    CHECK_FALSE(desk.identify("GET", headers));
    CHECK_FALSE(desk.identify("POST", headers));  // and says nothing of CSRF
}

TEST_CASE("a token that is no good is not made up for by a cookie", "[api][rest][access]") {
    AccessDesk desk;
    const auto opened = desk.sessions.open(desk.create("one").record.id);
    CHECK_FALSE(desk.identify(
        "GET", {{"Authorization", "Bearer no"}, {"Cookie", "parnas_session=" + opened.cookie}}));
}

TEST_CASE("an open server lets everybody do everything until there is a token",
          "[api][rest][access]") {
    AccessDesk desk;
    rest::TokenAccess access(desk.tokens, desk.sessions, WithoutTokens::admit);
    const http::Request request{.method = "POST", .path = "/v1/jobs"};
    const auto caller = access.identify(request);
    REQUIRE(caller);
    CHECK(caller->token.empty());
    for (const char* scope : {"read", "submit", "work", "admin", "metrics"})
        CHECK(caller->has_scope(scope));
    CHECK(caller->may_see("any", "any"));
    CHECK_FALSE(desk.identify("GET", {}));  // a server that is not open

    const auto created = desk.create("first");
    CHECK_FALSE(access.identify(request));
    desk.tokens.revoke(created.record.id, "local");
    CHECK_FALSE(access.identify(request));  // it does not open again by itself
}

TEST_CASE("an open server is not open to pages of other sites", "[api][rest][access]") {
    AccessDesk desk;
    const auto ask = [&](const http::Headers& headers) {
        bool admitted = false;
        const int status = refusal(
            [&] { admitted = desk.identify("GET", headers, WithoutTokens::admit).has_value(); });
        CHECK(admitted == (status == 0));
        return status;
    };
    for (const char* host :
         {"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.3.2.1", "[::1]:1"})
        CHECK(ask({{"Host", host}}) == 0);
    for (const char* host :
         {"evil.example", "127.evil.example", "10.0.0.1:8080", "localhost.x", ""})
        CHECK(ask({{"Host", host}}) == 403);
    CHECK(ask({{"Host", "localhost"}, {"Sec-Fetch-Site", "same-origin"}}) == 0);
    CHECK(ask({{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}}) == 0);
    CHECK(ask({{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}}) == 403);
    CHECK(ask({{"Host", "localhost"}, {"Sec-Fetch-Site", "same-site"}}) == 403);
    CHECK(ask({{"Host", "localhost:80"}, {"Origin", "http://localhost:80"}}) == 0);
    CHECK(ask({{"Host", "localhost:80"}, {"Origin", "http://localhost:81"}}) == 403);
    CHECK(ask({{"Host", "localhost:80"}, {"Origin", "null"}}) == 403);
}
