// SPDX-License-Identifier: Apache-2.0
#include "api/rest/sessions.h"

#include "api/rest/times.h"
#include "tests/api/rest/access_desk.h"

using namespace parnas;
using namespace std::chrono_literals;
using tests::AccessDesk;
using tests::SmallApi;

namespace {

SmallApi sessions_api(AccessDesk& desk) {
    rest::Operations operations;
    rest::add_sessions(operations, desk.sessions, desk.tokens);
    return SmallApi(std::move(operations));
}

std::string body_with(const std::string& secret) {
    return R"({"token": ")" + secret + R"("})";
}

// "parnas_session=abc" of "parnas_session=abc; Path=/"
std::string cookie_of(const http::Response& response) {
    const std::string* line = response.headers.find("Set-Cookie");
    REQUIRE(line != nullptr);
    return line->substr(0, line->find(';'));
}

}  // namespace

TEST_CASE("a token is swapped for a cookie that scripts do not see", "[api][rest][sessions]") {
    AccessDesk desk;
    const auto created = desk.create("me", {"read", "submit"});
    auto api = sessions_api(desk);
    const http::Response response =
        api.ask("POST", "/v1/sessions", {{"Authorization", "none"}}, body_with(created.secret));
    REQUIRE(response.status == 201);
    const std::string& line = *response.headers.find("Set-Cookie");
    CHECK(line == cookie_of(response) + "; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
    CHECK(*response.headers.find("Cache-Control") == "no-store");
    const Json session = parse_json(response.body, "session");
    CHECK(session["scopes"] == Json::array({"read", "submit"}));
    CHECK(session["expires"] == rest::to_rfc3339(desk.time + 12h));
    CHECK(response.body.find(cookie_of(response).substr(15)) == std::string::npos);

    const http::Headers cookie{{"Cookie", cookie_of(response)}};
    CHECK(desk.identify("GET", cookie)->token == created.record.id);
    http::Headers with_csrf = cookie;
    with_csrf.add("X-Parnas-CSRF", session["csrf"].get<std::string>());
    CHECK(desk.identify("POST", with_csrf));
}

TEST_CASE("through a proxy with TLS the cookie is for TLS only", "[api][rest][sessions]") {
    AccessDesk desk;
    const auto created = desk.create("me");
    auto api = sessions_api(desk);
    const http::Response response = api.ask(
        "POST", "/v1/sessions", {{"X-Forwarded-Proto", "https"}}, body_with(created.secret));
    CHECK(response.headers.find("Set-Cookie")->ends_with("; Secure"));
}

TEST_CASE("what is no token, or none any more, opens no session", "[api][rest][sessions]") {
    AccessDesk desk;
    const auto created = desk.create("me");
    desk.tokens.revoke(created.record.id, "local");
    auto api = sessions_api(desk);
    for (const std::string& secret : {created.secret, std::string("guess")}) {
        const http::Response response = api.ask("POST", "/v1/sessions", {}, body_with(secret));
        CHECK(response.status == 401);
        CHECK(response.headers.find("Set-Cookie") == nullptr);
        CHECK(response.headers.find("WWW-Authenticate") != nullptr);
    }
}

TEST_CASE("a session ends when it is closed, by its own token alone", "[api][rest][sessions]") {
    AccessDesk desk;
    auto api = sessions_api(desk);
    const auto own = desk.sessions.open("tok_all");
    const auto strange = desk.sessions.open("tok_other");
    const auto close = [&](const std::string& cookie) {
        const http::Response response =
            api.ask("DELETE", "/v1/sessions", {{"Cookie", "parnas_session=" + cookie}});
        CHECK(response.status == 204);
        CHECK(response.headers.find("Set-Cookie")
                  ->starts_with("parnas_session=; Path=/; Max-Age=0; HttpOnly"));
    };
    close(own.cookie);
    close(own.cookie);
    close(strange.cookie);
    CHECK_FALSE(desk.sessions.find(own.cookie));
    CHECK(desk.sessions.find(strange.cookie));
    const http::Response without = api.ask("DELETE", "/v1/sessions");
    CHECK(without.status == 204);
    CHECK(without.headers.find("Set-Cookie") == nullptr);
}

TEST_CASE("a session lasts twelve hours", "[api][rest][sessions]") {
    AccessDesk desk;
    const auto opened = desk.sessions.open("tok_one");
    CHECK(opened.session.expires == desk.time + 12h);
    desk.time += 12h - 1us;
    CHECK(desk.sessions.find(opened.cookie));
    desk.time += 1us;
    CHECK_FALSE(desk.sessions.find(opened.cookie));
}

TEST_CASE("a token that opens session after session ends its oldest ones",
          "[api][rest][sessions]") {
    AccessDesk desk;
    const auto other = desk.sessions.open("tok_other");
    const auto first = desk.sessions.open("tok_one");
    desk.time += 1s;
    const auto second = desk.sessions.open("tok_one");
    for (int i = 0; i < 63; ++i) {
        desk.time += 1s;
        desk.sessions.open("tok_one");
    }
    CHECK_FALSE(desk.sessions.find(first.cookie));
    CHECK(desk.sessions.find(second.cookie));
    CHECK(desk.sessions.find(other.cookie));
}
