// SPDX-License-Identifier: Apache-2.0
#include "api/rest/tokens.h"

#include "tests/api/rest/access_desk.h"

using namespace parnas;
using tests::AccessDesk;
using tests::SmallApi;

namespace {

SmallApi tokens_api(AccessDesk& desk) {
    rest::Operations operations;
    rest::add_tokens(operations, desk.tokens);
    return SmallApi(std::move(operations));
}

// Administrators of some projects, and of one study.
void add_bound_callers(SmallApi& api) {
    api.access.callers["Bearer vision"] = {
        .token = "tok_vision", .scopes = {"admin"}, .projects = {"vision", "speech"}};
    api.access.callers["Bearer digits"] = {
        .token = "tok_digits", .scopes = {"admin"}, .study = "digits"};
}

}  // namespace

TEST_CASE("a new token comes with its secret, where nothing keeps it", "[api][rest][tokens]") {
    AccessDesk desk;
    auto api = tokens_api(desk);
    const http::Response response =
        api.ask("POST",
                "/v1/tokens",
                {},
                R"({"name": "gpu-farm", "scopes": ["work"], "projects": ["vision"],
                    "expires": "2999-12-31T00:00:00.000Z"})");
    REQUIRE(response.status == 201);
    CHECK(*response.headers.find("Cache-Control") == "no-store");
    const Json body = parse_json(response.body, "token");
    const std::string id = body["token"]["id"].get<std::string>();
    CHECK(*response.headers.find("Location") == "/v1/tokens/" + id);
    const auto known = desk.tokens.identify(body["secret"].get<std::string>());
    REQUIRE(known);
    CHECK(known->id == id);
    CHECK(known->scopes == std::vector<std::string>{"work"});
    CHECK(known->projects == std::vector<std::string>{"vision"});
    CHECK(to_string(*known->expires) == "2999-12-31 00:00:00.000000");
    CHECK(desk.kept.audit().at(0).actor == "tok_all");
    CHECK(api.ask("POST", "/v1/tokens", {}, R"({"name": "gpu-farm", "scopes": ["read"]})").status ==
          409);
}

TEST_CASE("a token's faults are told all at once", "[api][rest][tokens]") {
    AccessDesk desk;
    auto api = tokens_api(desk);
    const auto pointers = [&](const std::string& body) {
        const Json problem = api.json("POST", "/v1/tokens", 422, body);
        std::vector<std::string> found;
        for (const Json& error : problem["errors"])
            found.push_back(error["pointer"].get<std::string>());
        return found;
    };
    CHECK(pointers(R"({"name": "", "scopes": ["write"]})") ==
          std::vector<std::string>{"/name", "/scopes/0"});
    CHECK(pointers(R"({"name": "a", "scopes": ["read"], "expires": "2001-01-01T00:00:00.000Z"})") ==
          std::vector<std::string>{"/expires"});
    CHECK(pointers(R"({"name": "a", "scopes": ["read"], "expires": "2999-02-31T00:00:00.000Z"})") ==
          std::vector<std::string>{"/expires"});
    CHECK(desk.kept.tokens().empty());
}

TEST_CASE("a revoked token lets nobody in, and to revoke it again does nothing",
          "[api][rest][tokens]") {
    AccessDesk desk;
    auto api = tokens_api(desk);
    const auto created = desk.create("one");
    for (int i = 0; i < 2; ++i)
        CHECK(api.ask("DELETE", "/v1/tokens/" + created.record.id).status == 204);
    CHECK_FALSE(desk.tokens.identify(created.secret));
    CHECK(desk.kept.audit().size() == 2);
    CHECK(desk.kept.audit().at(1).actor == "tok_all");
    CHECK(api.ask("DELETE", "/v1/tokens/tok_01JD8ZQ4Q8W6R3T5Y7V9X1C2B4").status == 404);
    CHECK(api.ask("DELETE", "/v1/tokens/one").status == 404);
}

TEST_CASE("tokens are for those who may administer", "[api][rest][tokens]") {
    AccessDesk desk;
    auto api = tokens_api(desk);
    const auto created = desk.create("one");
    for (const char* token : {"Bearer reader", "Bearer worker"}) {
        const http::Headers headers{{"Authorization", token}};
        CHECK(api.ask("POST", "/v1/tokens", headers, R"({"name": "a", "scopes": ["admin"]})")
                  .status == 403);
        CHECK(api.ask("DELETE", "/v1/tokens/" + created.record.id, headers).status == 403);
    }
    CHECK(desk.tokens.identify(created.secret));
}

TEST_CASE("nobody makes a token that sees more than their own", "[api][rest][tokens]") {
    AccessDesk desk;
    auto api = tokens_api(desk);
    add_bound_callers(api);
    int count = 0;
    const auto create = [&](const char* token, Json body) {
        body["name"] = std::to_string(++count);
        body["scopes"] = {"read"};
        return api.ask("POST", "/v1/tokens", {{"Authorization", token}}, body.dump()).status;
    };
    CHECK(create("Bearer vision", {{"projects", {"vision"}}}) == 201);
    CHECK(create("Bearer vision", {{"projects", {"vision", "speech"}}, {"study", "a"}}) == 201);
    CHECK(create("Bearer vision", Json::object()) == 403);
    CHECK(create("Bearer vision", {{"projects", {"vision", "other"}}}) == 403);
    CHECK(create("Bearer digits", {{"study", "digits"}}) == 201);
    CHECK(create("Bearer digits", {{"study", "letters"}}) == 403);
    CHECK(create("Bearer digits", Json::object()) == 403);
}

TEST_CASE("nobody revokes a token that sees more than their own", "[api][rest][tokens]") {
    AccessDesk desk;
    auto api = tokens_api(desk);
    add_bound_callers(api);
    const auto whole = desk.create("whole");
    const auto part =
        desk.tokens.create({.name = "part", .scopes = {"read"}, .projects = {"speech"}}, "local");
    const auto revoke = [&](const service::CreatedToken& token) {
        return api
            .ask("DELETE", "/v1/tokens/" + token.record.id, {{"Authorization", "Bearer vision"}})
            .status;
    };
    CHECK(revoke(whole) == 404);
    CHECK(revoke(part) == 204);
    CHECK(desk.tokens.identify(whole.secret));
}
