// SPDX-License-Identifier: Apache-2.0
// What is too large is refused as soon as that is known, whatever is still to come.
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/json_limits.h"
#include "tests/api/http/raw_client.h"
#include "tests/api/http/small_server.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;
using namespace parnas::tests;

namespace {

Route json_route() {
    return {.method = "POST", .pattern = "/json", .handler = [](const Request& request) {
                json_body(request);
                return make_text(200, "json");
            }};
}

// The status of a request that is sent until the server answers. `endless`: sent again and again.
int status_of(std::uint16_t port, const std::string& begin, const std::string& endless) {
    RawClient client(port);
    std::jthread sender([&](const std::stop_token& stop) {
        client.send(begin);
        while (!stop.stop_requested() && client.send(endless)) {
        }
    });
    const int status = client.read_answer().status;
    sender.request_stop();
    client.end_sending();
    return status;
}

int status_of_json(std::uint16_t port, const std::string& body) {
    return ask(port, "POST /json", "Content-Type: application/json; charset=utf-8\r\n", body)
        .status;
}

std::string times(std::size_t count, const std::string& text) {
    std::string result;
    result.reserve(count * text.size());
    for (std::size_t i = 0; i < count; ++i)
        result += text;
    return result;
}

}  // namespace

TEST_CASE("bodies, headers and URIs beyond the limits are refused", "[api][http]") {
    Server server({echo_route()}, {});
    const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    CHECK(ask(server.port(), "POST /echo", "", std::string(8 << 20, 'x')).status == 200);
    const std::string block(64 << 10, 'x');
    CHECK(status_of(server.port(), post + "Content-Length: 8388609\r\n\r\n", block) == 413);
    CHECK(status_of(server.port(), post + "Content-Length: 1073741824\r\n\r\n", block) == 413);
    CHECK(status_of(server.port(),
                    post + "Transfer-Encoding: chunked\r\n\r\n",
                    "10000\r\n" + block + "\r\n") == 413);
    CHECK(status_of(server.port(), post + "A: ", block) == 431);
    CHECK(status_of(server.port(), post, times(1000, "A: b\r\n")) == 431);
    CHECK(status_of(server.port(), "GET /", block) == 414);
    CHECK(ask(server.port(), "GET /" + std::string(8000, 'a')).status == 404);
    CHECK(ask(server.port(), "GET /" + std::string(8192, 'a')).status == 414);
    CHECK(ask(server.port(), "POST /echo", "Content-Encoding: gzip\r\n", "x").status == 415);
}

TEST_CASE("a route may take larger or smaller bodies than others", "[api][http]") {
    Route small = echo_route();
    small.pattern = "/small";
    small.body_bytes = 10;
    Server server({echo_route(), small}, {});
    CHECK(ask(server.port(), "POST /small", "", std::string(10, 'x')).status == 200);
    CHECK(ask(server.port(), "POST /small", "", std::string(11, 'x')).status == 413);
    CHECK(ask(server.port(), "POST /echo", "", std::string(11, 'x')).status == 200);
}

TEST_CASE("bodies of all requests together are held to a limit, and given up afterwards",
          "[api][http]") {
    ServerOptions options;
    options.limits.held_body_bytes = 1000;
    Server server({echo_route()}, options);
    RawClient holds(server.port());
    holds.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 701\r\n\r\n" +
               std::string(700, 'x'));
    REQUIRE(eventually(
        [&] { return ask(server.port(), "POST /echo", "", std::string(400, 'x')).status == 503; }));
    CHECK(ask(server.port(), "POST /echo", "", std::string(299, 'x')).status == 200);
    holds.send("x");
    CHECK(holds.read_answer().status == 200);
    CHECK(eventually([&] {
        return ask(server.port(), "POST /echo", "", std::string(1000, 'x')).status == 200;
    }));
    CHECK(ask(server.port(), "POST /echo", "", std::string(1001, 'x')).status == 503);
}

TEST_CASE("JSON is refused if it is none, or larger inside than it may be", "[api][http]") {
    Server server({json_route()}, {});
    CHECK(status_of_json(server.port(), R"({"a": [1, 2]})") == 200);
    CHECK(status_of_json(server.port(), "{") == 400);
    CHECK(status_of_json(server.port(), "[1e400]") == 400);
    CHECK(status_of_json(server.port(), "\"\xff\"") == 400);
    CHECK(status_of_json(server.port(), R"({"a": 1, "a": 2})") == 400);
    CHECK(status_of_json(server.port(), times(64, "[") + times(64, "]")) == 200);
    CHECK(status_of_json(server.port(), times(65, "[") + times(65, "]")) == 422);
    CHECK(status_of_json(server.port(), times(1'000'000, "[")) == 422);
    CHECK(status_of_json(server.port(), '"' + std::string(1 << 20, 'x') + '"') == 200);
    CHECK(status_of_json(server.port(), '"' + std::string((1 << 20) + 1, 'x') + '"') == 422);
    CHECK(status_of_json(server.port(), "[" + times(99'999, "0,") + "0]") == 200);
    CHECK(status_of_json(server.port(), "[" + times(100'000, "0,") + "0]") == 422);
    CHECK(status_of_json(server.port(), "[" + times(4'000'000, "0,") + "0]") == 422);
    CHECK(ask(server.port(), "POST /json", "Content-Type: text/plain\r\n", "{}").status == 415);
    CHECK(ask(server.port(), "POST /json", "", "{}").status == 415);
}
