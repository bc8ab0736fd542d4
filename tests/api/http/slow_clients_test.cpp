// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <list>
#include <string>
#include <thread>

#include "tests/api/http/event_log.h"
#include "tests/api/http/raw_client.h"
#include "tests/api/http/small_server.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;
using namespace parnas::tests;

namespace {

// Short for a test, and long enough that a client whose machine stops it for half a second is not
// taken for a slow one.
ServerOptions hurried() {
    ServerOptions options;
    options.deadlines = {
        .head = 1s, .body = 4s, .slow = 1s, .slow_bytes = 1000, .idle = 100ms, .linger = 100ms};
    return options;
}

// Sends the text a byte at a time until the server has enough of it. The status of its answer.
int drip(RawClient& client, std::string_view text, std::chrono::milliseconds pause) {
    std::jthread sender([&, text, pause](const std::stop_token& stop) {
        for (const char c : text) {
            if (stop.stop_requested() || !client.send({&c, 1}))
                return;
            std::this_thread::sleep_for(pause);
        }
    });
    const int status = client.read_answer().status;
    sender.request_stop();
    return status;
}

Route large_route() {
    return {.method = "GET", .pattern = "/large", .handler = [](const Request&) {
                return make_text(200, std::string(32 << 20, 'x'));
            }};
}

}  // namespace

TEST_CASE("a head that comes too slowly is refused, however steadily it comes", "[api][http]") {
    Server server({health_route()}, hurried());
    RawClient client(server.port());
    CHECK(drip(client, "GET /healthz HTTP/1.1\r\nHost: a\r\n" + std::string(500, 'A'), 10ms) ==
          408);
    CHECK(client.read_all().empty());
    CHECK(server.counters().reaped_connections == 1);
    RawClient silent(server.port());
    CHECK(silent.read_all().empty());
    CHECK(server.counters().reaped_connections == 2);
}

TEST_CASE("a body that comes too slowly is refused, a steady one is awaited", "[api][http]") {
    Server server({echo_route()}, hurried());
    const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n";
    RawClient slow(server.port());
    slow.send(head);
    CHECK(drip(slow, std::string(400, 'x'), 5ms) == 408);
    CHECK(server.counters().reaped_connections == 1);

    RawClient steady(server.port());
    steady.send(head);
    for (int i = 0; i < 8; ++i) {
        std::this_thread::sleep_for(200ms);
        steady.send(std::string(500, 'x'));
    }
    CHECK(steady.read_answer().body.size() == 4000);

    // Faster than slow, but not done by the deadline of the whole body.
    RawClient endless(server.port());
    endless.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "64\r\n" + std::string(100, 'x') + "\r\n";
    int sent = 0;
    while (sent < 1000 && endless.send(chunk)) {
        std::this_thread::sleep_for(5ms);
        ++sent;
    }
    CHECK(sent < 1000);
    CHECK(endless.read_answer().status == 408);
}

TEST_CASE("a client that does not read its answer is closed, one that reads slowly is not",
          "[api][http]") {
    Server server({large_route()}, hurried());
    RawClient idle(server.port(), 4096);
    idle.send(request_text("GET /large"));
    CHECK(eventually([&] { return server.counters().reaped_connections == 1; }));
    CHECK(idle.read_all().size() < (32 << 20));

    RawClient slow(server.port());
    slow.send(request_text("GET /large", "Connection: close\r\n"));
    std::size_t size = 0;
    for (int i = 0; i < 8; ++i) {
        size += slow.read_bytes(1 << 20).size();
        std::this_thread::sleep_for(200ms);
    }
    while (const std::size_t more = slow.read_bytes(1 << 20).size())
        size += more;
    CHECK(size > (32 << 20));
    CHECK(server.counters().reaped_connections == 1);
}

TEST_CASE("a connection that is idle between requests is closed without a word", "[api][http]") {
    Server server({health_route()}, hurried());
    RawClient client(server.port());
    client.send(request_text("GET /healthz"));
    CHECK(client.read_answer().status == 200);
    CHECK(client.read_all().empty());
    CHECK(server.counters().reaped_connections == 0);
    CHECK(eventually([&] { return server.counters().connections == 0; }));
}

TEST_CASE("200 slow clients and 200 streams leave health as it is", "[api][http]") {
    EventLog log;
    ServerOptions options;
    options.limits.streams_per_principal = 200;
    Server server({health_route(), log.route()}, options);
    std::list<RawClient> clients;
    for (int i = 0; i < 200; ++i) {
        clients.emplace_back(server.port()).send("GET /healthz HTTP/1.1\r\nHost: a\r\nA: ");
        clients.emplace_back(server.port()).send(request_text("GET /events"));
    }
    REQUIRE(eventually([&] { return server.counters().streams == 200; }));
    for (int i = 0; i < 50; ++i) {
        log.add("event");
        const auto begin = std::chrono::steady_clock::now();
        CHECK(ask(server.port(), "GET /healthz").status == 200);
        CHECK(std::chrono::steady_clock::now() - begin < 2s);
    }
    log.end();
}
