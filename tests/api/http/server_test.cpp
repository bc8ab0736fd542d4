// SPDX-License-Identifier: Apache-2.0
#include "api/http/server.h"

#include <atomic>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "tests/api/http/raw_client.h"
#include "tests/api/http/small_server.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;
using namespace parnas::tests;

namespace {

Route study_route() {
    return {
        .method = "GET", .pattern = "/v1/studies/{study}", .handler = [](const Request& request) {
            const std::string* fields = request.query_value("fields");
            return make_json(200,
                             Json{{"study", request.parameter("study")},
                                  {"fields", fields == nullptr ? "" : *fields},
                                  {"remote", request.remote_address},
                                  {"id", request.id}});
        }};
}

// GET /throws/{what}
Route throwing_route() {
    return {.method = "GET",
            .pattern = "/throws/{what}",
            .handler = [](const Request& request) -> Response {
                const std::string& what = request.parameter("what");
                if (what == "not_found")
                    throw Error(ErrorKind::not_found, "no such study");
                if (what == "memory")
                    throw std::bad_alloc();
                if (what == "number")
                    throw 7;
                if (what == "header")
                    return {.headers = {{"A", "b\r\nC: d"}}};
                throw std::runtime_error("secret path");
            }};
}

}  // namespace

TEST_CASE("a request reaches its handler decoded", "[api][http]") {
    Server server({study_route()}, {});
    const Answer answer = ask(server.port(),
                              "GET /v1/studies/a%20b?fields=x%2Cy",
                              "X-Request-Id: mine-1\r\nX-Forwarded-For: 10.0.0.1\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.header("Content-Type") == "application/json");
    CHECK(answer.header("X-Request-Id") == "mine-1");
    CHECK(parse_json(answer.body, "") ==
          Json{{"study", "a b"}, {"fields", "x,y"}, {"remote", "127.0.0.1"}, {"id", "mine-1"}});
    CHECK(server.url() == "http://127.0.0.1:" + std::to_string(server.port()));
}

TEST_CASE("a connection takes one request after another, also at once", "[api][http]") {
    Server server({echo_route(), health_route()}, {});
    RawClient client(server.port());
    for (int i = 0; i < 20; ++i) {
        client.send(request_text("POST /echo", "", std::string(1000, 'x') + std::to_string(i)));
        REQUIRE(client.read_answer().body == std::string(1000, 'x') + std::to_string(i));
    }
    std::string many;
    for (int i = 0; i < 200; ++i)
        many += request_text("POST /echo", "", std::to_string(i));
    client.send(many);
    for (int i = 0; i < 200; ++i)
        REQUIRE(client.read_answer().body == std::to_string(i));
    CHECK(server.counters().accepted == 1);
}

TEST_CASE("a request may come byte by byte", "[api][http]") {
    Server server({echo_route()}, {});
    RawClient client(server.port());
    for (const char c : "\r\n" + request_text("POST /echo", "Transfer-Encoding: chunked\r\n") +
                            "3\r\nabc\r\n0\r\n\r\n")
        client.send(std::string(1, c));
    CHECK(client.read_answer().body == "abc");
}

TEST_CASE("a client that waits for leave to send its body gets it", "[api][http]") {
    Server server({echo_route()}, {});
    RawClient client(server.port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hi");
    CHECK(client.read_answer().body == "hi");
    CHECK(ask(server.port(), "POST /echo", "Expect: a miracle\r\n", "x").status == 417);
}

TEST_CASE("connections end when the client says so or speaks HTTP/1.0", "[api][http]") {
    Server server({health_route()}, {});
    for (const char* request : {"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                                "GET /healthz HTTP/1.0\r\n\r\n"}) {
        RawClient client(server.port());
        client.send(request);
        const Answer answer = client.read_answer();
        CHECK(answer.status == 200);
        CHECK(answer.header("Connection") == "close");
        CHECK(client.read_all().empty());
    }
}

TEST_CASE("an answer reaches a client that sends no more", "[api][http]") {
    Server server({echo_route()}, {});
    RawClient client(server.port());
    client.send(request_text("POST /echo", "", "last words"));
    client.end_sending();
    CHECK(client.read_answer().body == "last words");
}

TEST_CASE("HEAD has the headers of GET, OPTIONS names the methods, others are refused",
          "[api][http]") {
    Server server({study_route(), echo_route()}, {});
    const Answer get = ask(server.port(), "GET /v1/studies/a", "X-Request-Id: r\r\n");
    const Answer head = ask(server.port(), "HEAD /v1/studies/a", "X-Request-Id: r\r\n");
    CHECK(head.status == 200);
    CHECK(head.header("Content-Length") == get.header("Content-Length"));

    const Answer options = ask(server.port(), "OPTIONS /v1/studies/a");
    CHECK(options.status == 204);
    CHECK(options.header("Allow") == "GET, HEAD, OPTIONS");
    CHECK(ask(server.port(), "OPTIONS *").header("Allow") == "GET, HEAD, OPTIONS, POST");

    for (const char* method : {"PUT", "DELETE", "TRACE", "CONNECT", "BREW"}) {
        const Answer answer = ask(server.port(), std::string(method) + " /v1/studies/a");
        CHECK(answer.status == 405);
        CHECK(answer.header("Allow") == "GET, HEAD, OPTIONS");
        CHECK(answer.header("Content-Type") == "application/problem+json");
    }
    CHECK(ask(server.port(), "GET /v1").status == 404);
    CHECK(ask(server.port(), "HEAD /v1").status == 404);
}

TEST_CASE("a refused request without a body leaves its connection usable", "[api][http]") {
    Server server({health_route()}, {});
    RawClient client(server.port());
    client.send(request_text("GET /nothing"));
    CHECK(client.read_answer().status == 404);
    client.send(request_text("GET /healthz"));
    CHECK(client.read_answer().status == 200);
    // A body that nobody reads must not be taken for the next request.
    client.send(request_text("GET /nothing", "", request_text("GET /healthz")));
    CHECK(client.read_answer().status == 404);
    CHECK(client.read_all().empty());
}

TEST_CASE("a body of a GET request is not the next request", "[api][http]") {
    Server server({health_route()}, {});
    RawClient client(server.port());
    client.send(request_text("GET /healthz", "", request_text("GET /hidden")));
    client.send(request_text("GET /healthz"));
    CHECK(client.read_answer().status == 200);
    CHECK(client.read_answer().status == 200);
    const Counters counters = server.counters();
    CHECK(counters.requests.size() == 1);
}

TEST_CASE("the log has whose request it was, also of one that failed", "[api][http]") {
    std::mutex mutex;
    std::vector<AccessRecord> log;
    ServerOptions options;
    options.access_log = [&](const AccessRecord& record) {
        const std::lock_guard lock(mutex);
        log.push_back(record);
    };
    const auto refuse = [](const Request& request) -> Response {
        request.principal = "tok_1";
        throw HttpError(409, "not now");
    };
    Server server({{.method = "GET", .pattern = "/mine", .handler = refuse},
                   {.method = "GET", .pattern = "/wait", .handler = refuse, .lane = Lane::waiting}},
                  options);
    ask(server.port(), "GET /mine");
    ask(server.port(), "GET /wait");
    ask(server.port(), "GET /nowhere");
    const std::lock_guard lock(mutex);
    REQUIRE(log.size() == 3);
    CHECK(log[0].principal == "tok_1");
    CHECK_FALSE(log[0].lasting);
    CHECK(log[1].lasting);
    CHECK(log[2].principal.empty());
}

TEST_CASE("errors become problems, and say no more than they should", "[api][http]") {
    std::mutex mutex;
    std::vector<AccessRecord> log;
    ServerOptions options;
    options.access_log = [&](const AccessRecord& record) {
        const std::lock_guard lock(mutex);
        log.push_back(record);
    };
    Server server({throwing_route()}, options);
    const Answer missing = ask(server.port(), "GET /throws/not_found");
    CHECK(missing.status == 404);
    CHECK(parse_json(missing.body, "")["detail"] == "no such study");
    CHECK(parse_json(missing.body, "")["instance"] == missing.header("X-Request-Id"));

    CHECK(ask(server.port(), "GET /throws/memory").status == 503);
    CHECK(ask(server.port(), "GET /throws/number").status == 500);
    CHECK(ask(server.port(), "GET /throws/header").status == 500);
    const Answer inside = ask(server.port(), "GET /throws/other?token=hidden");
    CHECK(inside.status == 500);
    CHECK(inside.body.find("secret") == std::string::npos);

    const std::lock_guard lock(mutex);
    REQUIRE(log.size() == 5);
    CHECK(log[4].error == "secret path");
    CHECK(log[4].path == "/throws/other");
    CHECK(log[4].route == "/throws/{what}");
    CHECK(log[4].status == 500);
    CHECK(log[4].id == inside.header("X-Request-Id"));
    CHECK(log[4].remote_address == "127.0.0.1");
    CHECK(log[0].error.empty());
}

TEST_CASE("requests are counted by route, method and status", "[api][http]") {
    Server server({health_route(), study_route()}, {});
    ask(server.port(), "GET /healthz");
    ask(server.port(), "GET /healthz");
    ask(server.port(), "GET /v1/studies/a");
    ask(server.port(), "GET /v1/studies/b");
    ask(server.port(), "BREW /v1/studies/b");
    ask(server.port(), "GET /nowhere");
    const Counters counters = server.counters();
    const auto count = [&](std::string_view route, std::string_view method, int status) {
        for (const RequestCount& each : counters.requests) {
            if (each.route == route && each.method == method && each.status == status)
                return each.requests;
        }
        return std::uint64_t{0};
    };
    CHECK(count("/healthz", "GET", 200) == 2);
    CHECK(count("/v1/studies/{study}", "GET", 200) == 2);
    CHECK(count("unmatched", "other", 405) == 1);
    CHECK(count("unmatched", "GET", 404) == 1);
    CHECK(counters.accepted == 6);
    const DurationHistogram& histogram = counters.durations.at("/healthz");
    std::uint64_t sum = 0;
    for (const std::uint64_t each : histogram.counts)
        sum += each;
    CHECK(sum == 2);
    CHECK(histogram.sum_seconds > 0);
}

TEST_CASE("a client that goes away is told to the handler that waits", "[api][http]") {
    Gate gate;
    std::atomic<bool> stopped = false;
    Server server({{.method = "GET",
                    .pattern = "/wait",
                    .handler =
                        [&](const Request& request) {
                            stopped = !gate.wait(request.stop);
                            return Response();
                        },
                    .lane = Lane::waiting}},
                  {});
    {
        RawClient client(server.port());
        client.send(request_text("GET /wait"));
        REQUIRE(gate.has(1));
    }
    CHECK(gate.has(0));
    CHECK(eventually([&] { return server.counters().connections == 0; }));
    CHECK(stopped);
}

TEST_CASE("only loopback is served unless the caller takes the responsibility", "[api][http]") {
    const auto kind_of = [](const ServerOptions& options) {
        try {
            Server server({health_route()}, options);
        } catch (const Error& error) {
            return to_string(error.kind());
        }
        return std::string_view("none");
    };
    CHECK(kind_of({.address = "0.0.0.0"}) == "unauthorized");
    CHECK(kind_of({.address = "::"}) == "unauthorized");
    CHECK(kind_of({.address = "example.org"}) == "invalid_input");
    CHECK(kind_of({.address = "0.0.0.0", .allow_remote = true}) == "none");
    CHECK(kind_of({.address = "localhost"}) == "none");
    CHECK(kind_of({.address = "127.0.0.2"}) == "none");
}

TEST_CASE("two servers do not share a port", "[api][http]") {
    Server server({health_route()}, {});
    CHECK_THROWS_AS(Server({health_route()}, {.port = server.port()}), Error);
}
