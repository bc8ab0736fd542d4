// SPDX-License-Identifier: Apache-2.0
#include "api/rest/routes.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "api/rest/bodies.h"
#include "api/rest/etag.h"
#include "tests/api/http/small_server.h"
#include "tests/api/rest/small_api.h"
#include "tests/api/rest/small_contract.h"

using namespace parnas;
using tests::slug_of;
using tests::SmallApi;

namespace {

const rest::Contract& small_contract() {
    static const rest::Contract contract{tests::kSmallDocument};
    return contract;
}

// Answers what it was asked, and counts.
struct Shop {
    rest::Operations operations() {
        rest::Operations all;
        all["open"] = [](const rest::Call&) { return http::make_text(200, "open"); };
        all["list_things"] = [](const rest::Call& call) {
            return http::make_json(200,
                                   {{"size", call.integer("page_size")},
                                    {"colour", call.optional_text("colour").value_or("any")},
                                    {"weight", call.optional_real("weight").value_or(-1.0)}});
        };
        all["make_thing"] = {[this](const rest::Call& call) {
                                 ++made;
                                 http::Response response = http::make_json(
                                     201, {{"made", made.load()}, {"body", call.body()}});
                                 response.headers.add("Location", "/things/7");
                                 if (gate != nullptr)
                                     gate->wait();
                                 return response;
                             },
                             recorded};
        all["get_thing"] = [this](const rest::Call& call) {
            return http::make_json(200,
                                   {{"number", call.integer("number")}, {"made", made.load()}});
        };
        all["change_thing"] = [](const rest::Call& call) {
            rest::require_revision(call.request(), 3);
            return http::make_json(200, {{"token", call.caller().token}});
        };
        return all;
    }

    std::atomic<int> made{0};
    tests::Gate* gate = nullptr;
    rest::Recorded recorded = rest::Recorded::by_routes;
};

const std::string kRed = R"({"colour": "red"})";

}  // namespace

TEST_CASE("routes and document have to have the same operations", "[api][rest][routes]") {
    Shop shop;
    tests::FakeAccess access;
    tests::MemoryAnswers answers;
    const std::vector<http::Route> routes =
        rest::make_routes(small_contract(), shop.operations(), access, answers);
    CHECK(routes.size() == 5);

    rest::Operations fewer = shop.operations();
    fewer.erase("open");
    CHECK_THROWS_WITH(rest::make_routes(small_contract(), fewer, access, answers),
                      "open: the contract has this operation, and nothing does it");
    rest::Operations more = shop.operations();
    more["secret"] = [](const rest::Call&) { return http::Response{}; };
    CHECK_THROWS_WITH(rest::make_routes(small_contract(), more, access, answers),
                      "secret: the contract does not have this operation");
}

TEST_CASE("a route has lane and largest body from the document", "[api][rest][routes]") {
    Shop shop;
    tests::FakeAccess access;
    tests::MemoryAnswers answers;
    for (const http::Route& route :
         rest::make_routes(small_contract(), shop.operations(), access, answers)) {
        if (route.pattern == "/open")
            CHECK(route.lane == http::Lane::vital);
        if (route.method == "POST")
            CHECK(route.body_bytes == 1000);
    }
}

TEST_CASE("who has no token, or one without the scope, gets nothing", "[api][rest][routes]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    const auto status = [&](const char* method, const char* path, const char* token) {
        return api.ask(method, path, {{"Authorization", token}}, "").status;
    };
    CHECK(status("GET", "/open", "none") == 200);
    CHECK(status("GET", "/things", "none") == 401);
    CHECK(status("GET", "/things", "Bearer reader") == 200);
    CHECK(status("GET", "/things", "Bearer worker") == 403);
    CHECK(status("GET", "/things/1", "Bearer worker") == 200);
    CHECK(status("POST", "/things", "Bearer reader") == 403);
    const http::Response refused = api.ask("GET", "/things", {{"Authorization", "Bearer x"}});
    CHECK(*refused.headers.find("WWW-Authenticate") == "Bearer");
    // Whoever may not send a request does not learn what is wrong with it.
    CHECK(status("GET", "/things?nonsense=1", "none") == 401);
}

TEST_CASE("parameters are read as the document has them", "[api][rest][routes]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    CHECK(api.json("GET", "/things") == Json({{"size", 100}, {"colour", "any"}, {"weight", -1.0}}));
    CHECK(api.json("GET", "/things?page_size=7&colour=red&weight=1.5&heavy=true") ==
          Json({{"size", 7}, {"colour", "red"}, {"weight", 1.5}}));
    CHECK(api.json("GET", "/things/12")["number"] == 12);
}

TEST_CASE("parameters that are not in the document are refused, all at once",
          "[api][rest][routes]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    const Json problem =
        api.json("GET", "/things?page_size=0&color=red&weight=x&heavy=yes&page_token=", 400);
    std::vector<std::string> places;
    for (const Json& error : problem["errors"])
        places.push_back(error["pointer"].get<std::string>());
    std::ranges::sort(places);
    CHECK(places == std::vector<std::string>{"color", "heavy", "page_size", "weight"});
    CHECK(api.ask("GET", "/things?colour=red&colour=blue").status == 400);
    CHECK(api.ask("GET", "/things/minus").status == 404);
    CHECK(api.ask("GET", "/things/-1").status == 404);
    CHECK(api.ask("GET", "/things/1.0").status == 404);
    CHECK(api.ask("GET", "/things/99999999999999999999").status == 404);
}

TEST_CASE("a body is checked as a whole before the operation sees it", "[api][rest][routes]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    CHECK(api.ask("POST", "/things", {}, kRed).status == 201);
    const Json problem =
        api.json("POST", "/things", 422, R"({"colour": "green", "weight": -1, "size": 3})");
    REQUIRE(problem["errors"].size() == 3);
    CHECK(problem["errors"][0]["pointer"] == "/colour");
    CHECK(api.ask("POST", "/things", {}, "[]").status == 422);
    CHECK(api.ask("POST", "/things", {}, "{").status == 400);
    CHECK(api.ask("POST", "/things", {}, "").status == 400);
    CHECK(api.ask("POST", "/things", {{"Content-Type", "text/plain"}}, kRed).status == 415);
    CHECK(api.ask("POST", "/things", {{"Content-Type", "Application/JSON; charset=utf-8"}}, kRed)
              .status == 201);
    CHECK(api.ask("GET", "/things/1", {}, kRed).status == 400);
    CHECK(shop.made == 2);
}

TEST_CASE("an answer is of a type that the client accepts, or there is none",
          "[api][rest][routes]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    CHECK(api.ask("GET", "/things/1", {{"Accept", "application/json"}}).status == 200);
    CHECK(api.ask("GET", "/things/1", {{"Accept", "application/*;q=0.1"}}).status == 200);
    CHECK(api.ask("GET", "/things/1", {{"Accept", "text/html"}}).status == 406);
    CHECK(api.ask("GET", "/open", {{"Accept", "application/json"}}).status == 406);
}

TEST_CASE("who has the answer already gets 304 without it", "[api][rest][routes]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    const http::Response first = api.ask("GET", "/things/1");
    const std::string etag = *first.headers.find("ETag");
    const http::Response again = api.ask("GET", "/things/1", {{"If-None-Match", etag}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(*again.headers.find("ETag") == etag);
    ++shop.made;
    CHECK(api.ask("GET", "/things/1", {{"If-None-Match", etag}}).status == 200);
}

TEST_CASE("a change has to say what it is based on", "[api][rest][routes]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    CHECK(api.ask("PATCH", "/things/1").status == 428);
    CHECK(api.ask("PATCH", "/things/1", {{"If-Match", "\"2-aa\""}}).status == 412);
    CHECK(api.ask("PATCH", "/things/1", {{"If-Match", "\"3-aa\""}}).status == 200);
    CHECK(api.ask("PATCH", "/things/1", {{"If-Match", "*"}}).status == 200);
}

TEST_CASE("a request with a key is done once, and answered as often as it is sent",
          "[api][rest][routes][idempotency]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    const http::Headers key{{"Idempotency-Key", "k1"}};
    const http::Response first = api.ask("POST", "/things", key, kRed);
    const http::Response again = api.ask("POST", "/things", key, kRed);
    CHECK(shop.made == 1);
    CHECK(again.status == 201);
    CHECK(again.body == first.body);
    CHECK(*again.headers.find("Location") == "/things/7");
    CHECK(first.headers.find("Idempotency-Replayed") == nullptr);
    CHECK(*again.headers.find("Idempotency-Replayed") == "true");

    const http::Response other = api.ask("POST", "/things", key, R"({"colour": "blue"})");
    CHECK(other.status == 422);
    CHECK(slug_of(other) == "idempotency-key-reuse");
    CHECK(shop.made == 1);
    // Another token's key is another key.
    api.access.callers["Bearer other"] = {.token = "tok_other", .scopes = {"submit"}};
    http::Headers others = key;
    others.add("Authorization", "Bearer other");
    CHECK(api.ask("POST", "/things", others, kRed).status == 201);
    CHECK(shop.made == 2);
}

TEST_CASE("a request that was refused is not remembered", "[api][rest][routes][idempotency]") {
    Shop shop;
    SmallApi api(shop.operations(), small_contract());
    const http::Headers key{{"Idempotency-Key", "k1"}};
    CHECK(api.ask("POST", "/things", key, "{}").status == 422);
    CHECK(api.ask("POST", "/things", key, kRed).status == 201);
    CHECK(api.ask("POST", "/things", {{"Idempotency-Key", "with space"}}, kRed).status == 400);
    CHECK(api.ask("POST", "/things", {{"Idempotency-Key", std::string(129, 'k')}}, kRed).status ==
          400);
}

TEST_CASE("an operation that commits its answer itself is not recorded twice",
          "[api][rest][routes][idempotency]") {
    Shop shop;
    shop.recorded = rest::Recorded::by_operation;
    SmallApi api(shop.operations(), small_contract());
    api.ask("POST", "/things", {{"Idempotency-Key", "k1"}}, kRed);
    CHECK(api.answers.kept.empty());
}

TEST_CASE("of two requests with one key at a time the second is to come again",
          "[api][rest][routes][idempotency]") {
    Shop shop;
    tests::Gate gate;
    shop.gate = &gate;
    SmallApi api(shop.operations(), small_contract());
    const http::Headers key{{"Idempotency-Key", "k1"}};
    int first = 0;
    std::thread sender([&] { first = api.send("POST", "/things", key, kRed).status; });
    REQUIRE(gate.has(1));
    const http::Response second = api.ask("POST", "/things", key, kRed);
    CHECK(second.status == 409);
    CHECK(slug_of(second) == "request-in-progress");
    CHECK(*second.headers.find("Retry-After") == "1");
    gate.open();
    sender.join();
    CHECK(first == 201);
    CHECK(*api.ask("POST", "/things", key, kRed).headers.find("Idempotency-Replayed") == "true");
    CHECK(shop.made == 1);
}
