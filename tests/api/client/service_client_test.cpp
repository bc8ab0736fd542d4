// SPDX-License-Identifier: Apache-2.0
#include "api/client/service_client.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "api/client/service_error.h"
#include "api/http/problem.h"
#include "api/http/server.h"
#include "tests/api/client/fake_service.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::client;
using namespace parnas::tests;

namespace {

constexpr auto kLease =
    R"({"lease": "lse_1", "study": "digits", "trial": 3, "attempt": 2, "fence": 2,
    "expires_in_s": 60, "params": {}, "genotype": [0, 0.5], "fidelity": 0.5, "stage": "finalist",
    "seed": "18446744073709551615", "reporting": "judged"})";

// A server that gives one answer to everything, and keeps what it was asked.
class OneAnswer {
  public:
    explicit OneAnswer(std::string body, int status = 200)
        : server_(
              [&] {
                  std::vector<http::Route> routes;
                  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
                      for (const char* path : {"/v1/{a}", "/v1/{a}/{b}", "/v1/{a}/{b}/{c}"})
                          routes.push_back(
                              {.method = method,
                               .pattern = path,
                               .handler = [this, body, status](const http::Request& request) {
                                   requests.push_back(request);
                                   return http::make_text(status, body, "application/json");
                               }});
                  return routes;
              }(),
              {}),
          http_({.url = server_.url(), .token = "pn_1_secret"}),
          client(http_) {}

    std::vector<http::Request> requests;

  private:
    http::Server server_;
    HttpClient http_;

  public:
    ServiceClient client;
};

// What is wrong with an answer to a request for a lease.
std::string complaint(const std::string& body) {
    OneAnswer server(body);
    try {
        server.client.lease("wrk_1", {}, "key", {.longest = Seconds(0.0)});
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::damaged);
        return error.what();
    }
    return "taken";
}

std::string leases(std::string lease) {
    return R"({"leases": [)" + lease + "]}";
}

std::string with(const std::string& key, const Json& value) {
    Json lease = Json::parse(kLease);
    lease[key] = value;
    return leases(lease.dump());
}

}  // namespace

TEST_CASE("a lease is read as it was granted", "[api][client]") {
    OneAnswer server(leases(kLease));
    const LeaseAnswer answer =
        server.client.lease("wrk 1%", {.study = "digits", .wait = Seconds(20.0)}, "key", {});
    REQUIRE(answer.leases.size() == 1);
    const LeaseGrant& lease = answer.leases.front();
    CHECK(lease.lease == "lse_1");
    CHECK(lease.trial == 3);
    CHECK(lease.fence == 2);
    CHECK(lease.genotype == "[0,0.5]");
    CHECK(lease.fidelity == 0.5);
    CHECK(lease.stage == Stage::finalist);
    CHECK(lease.seed == std::numeric_limits<std::uint64_t>::max());
    CHECK(lease.judged);
    CHECK_FALSE(lease.warm_start);

    const http::Request& request = server.requests.front();
    CHECK(request.path == "/v1/workers/wrk%201%25/leases");
    CHECK(*request.headers.find("Idempotency-Key") == "key");
    CHECK(*request.headers.find("Authorization") == "Bearer pn_1_secret");
    CHECK(Json::parse(request.body) == Json({{"max", 1}, {"wait_s", 20}, {"study", "digits"}}));
}

TEST_CASE("answers are checked like a stranger's, but may have more than is known",
          "[api][client]") {
    CHECK(complaint(leases(kLease)) == "taken");
    CHECK(complaint(with("of_a_newer_server", {1, 2})) == "taken");
    CHECK(complaint("<html>") != "taken");
    CHECK(complaint("[]") != "taken");
    CHECK(complaint("{}") != "taken");
    CHECK(complaint(leases("7")) != "taken");
    CHECK(complaint(leases(std::string(kLease) + "," + kLease)) != "taken");
    for (const char* key :
         {"lease", "study", "trial", "attempt", "fence", "expires_in_s", "genotype", "seed"})
        CHECK(complaint(with(key, nullptr)).find(key) != std::string::npos);
    CHECK(complaint(with("trial", -1)) != "taken");
    CHECK(complaint(with("seed", "18446744073709551616")) != "taken");
    CHECK(complaint(with("fidelity", 2)) != "taken");
    CHECK(complaint(with("stage", "audit")) != "taken");
}

TEST_CASE("numbers that are not finite are sent as texts", "[api][client]") {
    OneAnswer server(R"({"state": "complete"})");
    server.client.send_result({.lease = "lse_1", .fence = 4},
                              {.kind = ResultKind::failed,
                               .metrics = {{"loss", std::numeric_limits<double>::quiet_NaN()},
                                           {"low", -std::numeric_limits<double>::infinity()}},
                               .failure = FailureKind::diverged,
                               .reason = "loss is nan",
                               .cost = Seconds(1.5)},
                              {});
    CHECK(Json::parse(server.requests.front().body) ==
          Json::parse(R"({"fence": 4, "outcome": "failed",
        "metrics": {"loss": "NaN", "low": "-Infinity"}, "cost_s": 1.5, "failure_kind": "diverged",
        "reason": "loss is nan"})"));
}

TEST_CASE("an artifact goes under its digest", "[api][client]") {
    OneAnswer server(R"({"id": "abc"})");
    CHECK(server.client.put_artifact("abc", {}) == "abc");
    CHECK(server.requests.front().path ==
          "/v1/artifacts/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(server.requests.front().body == "abc");
}

TEST_CASE("a problem becomes an error of the kind that says what to do", "[api][client]") {
    const auto refused = [](int status, const std::string& body) {
        return to_error({.status = status, .body = body});
    };
    const ServiceError error =
        refused(409, R"({"type": "https://parnas.dev/problems/lease-superseded",
        "title": "Conflict", "status": 409, "detail": "trial 3 is at attempt 4"})");
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK(error.slug() == "lease-superseded");
    CHECK(error.what() == std::string("trial 3 is at attempt 4"));
    CHECK(is_lost(error));

    const ServiceError faults = refused(422, R"({"type": "x", "title": "y", "status": 422,
        "errors": [{"pointer": "/space", "message": "is missing"}, {"pointer": "/", "odd": 1}]})");
    CHECK(faults.faults() == std::vector<Fault>{{"/space", "is missing"}});

    for (const auto& [status, kind] :
         std::vector<std::pair<int, ErrorKind>>{{400, ErrorKind::invalid_input},
                                                {401, ErrorKind::unauthorized},
                                                {403, ErrorKind::unauthorized},
                                                {404, ErrorKind::not_found},
                                                {410, ErrorKind::not_found},
                                                {412, ErrorKind::conflict},
                                                {429, ErrorKind::unavailable},
                                                {500, ErrorKind::internal},
                                                {503, ErrorKind::unavailable}})
        CHECK(refused(status, "<html>").kind() == kind);
}

namespace {

std::string query_of(const http::Request& request) {
    std::string text;
    for (const http::Field& field : request.query)
        text += (text.empty() ? "" : " ") + field.name + "=" + field.value;
    return text;
}

}  // namespace

TEST_CASE("a listing is followed from page to page", "[api][client]") {
    std::vector<std::string> queries;
    http::Server server({{.method = "GET",
                          .pattern = "/v1/things",
                          .handler =
                              [&](const http::Request& request) {
                                  queries.push_back(query_of(request));
                                  return http::make_text(
                                      200,
                                      queries.size() == 1
                                          ? R"({"items": [1, 2], "next_page_token": "a/b"})"
                                          : R"({"items": [3]})",
                                      "application/json");
                              }}},
                        {});
    HttpClient http({.url = server.url()});
    ServiceClient client(http);
    std::vector<int> items;
    client.list("/v1/things?state=x", {.longest = Seconds(0.0)}, [&](const Json& item) {
        items.push_back(item.get<int>());
    });
    CHECK(items == std::vector<int>{1, 2, 3});
    CHECK(queries == std::vector<std::string>{"state=x page_size=1000",
                                              "state=x page_size=1000 page_token=a/b"});
}

TEST_CASE("a listing without items is not understood", "[api][client]") {
    OneAnswer server(R"({"things": []})");
    CHECK_THROWS_AS(server.client.list("/v1/a", {.longest = Seconds(0.0)}, [](const Json&) {}),
                    Error);
}

TEST_CASE("what is posted has a key of its own", "[api][client]") {
    OneAnswer server(R"({"id": "job_1"})");
    server.client.post("/v1/jobs", {{"study", "a"}}, {});
    server.client.post("/v1/jobs", {{"study", "a"}}, {});
    REQUIRE(server.requests.size() == 2);
    CHECK(server.requests[0].body == R"({"study":"a"})");
    CHECK(*server.requests[0].headers.find("Idempotency-Key") !=
          *server.requests[1].headers.find("Idempotency-Key"));
}

TEST_CASE("what takes no key is sent without one, and what is removed without a body",
          "[api][client]") {
    OneAnswer server(R"({"id": "tok_1"})");
    server.client.post_once("/v1/tokens", {{"name", "a"}}, {});
    server.client.remove("/v1/tokens/tok_1", {});
    REQUIRE(server.requests.size() == 2);
    CHECK(server.requests[0].body == R"({"name":"a"})");
    CHECK(server.requests[0].headers.find("Idempotency-Key") == nullptr);
    CHECK(server.requests[1].method == "DELETE");
    CHECK(server.requests[1].body.empty());
}

TEST_CASE("what others change meanwhile is read again before it is changed", "[api][client]") {
    int revision = 1;
    int others = 0;  // changes of theirs to come
    bool on = false;
    const auto get = [&](const http::Request&) {
        http::Response response =
            http::make_text(200, on ? R"({"on": true})" : R"({"on": false})", "application/json");
        response.headers.set("ETag", fmt::format("\"{}\"", revision));
        return response;
    };
    const auto patch = [&](const http::Request& request) {
        if (others > 0) {
            --others;
            ++revision;
        }
        if (*request.headers.find("If-Match") != fmt::format("\"{}\"", revision))
            throw http::HttpError(412, "it is another one by now");
        on = http::json_body(request).at("on").get<bool>();
        ++revision;
        return get(request);
    };
    http::Server server({{.method = "GET", .pattern = "/v1/lamp", .handler = get},
                         {.method = "PATCH", .pattern = "/v1/lamp", .handler = patch}},
                        {});
    HttpClient http({.url = server.url()});
    ServiceClient client(http);
    const auto switch_on = [](const Json& present) {
        return present.at("on").get<bool>() ? Json() : Json({{"on", true}});
    };
    others = 3;
    CHECK(client.change("/v1/lamp", switch_on, {}) == Json({{"on", true}}));
    CHECK(revision == 5);
    CHECK(client.change("/v1/lamp", switch_on, {}) == Json({{"on", true}}));
    CHECK(revision == 5);  // it stayed
    on = false;
    others = 100;
    CHECK_THROWS_AS(client.change("/v1/lamp", switch_on, {}), ServiceError);
}
