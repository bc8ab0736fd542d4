// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/http/event_log.h"
#include "tests/api/http/raw_client.h"
#include "tests/api/http/small_server.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;
using namespace parnas::tests;

TEST_CASE("a server that nobody uses stops at once", "[api][http]") {
    const auto begin = std::chrono::steady_clock::now();
    Server server({health_route()}, {});
    RawClient idle(server.port());
    idle.send(request_text("GET /healthz"));
    CHECK(idle.read_answer().status == 200);
    CHECK(server.stop(5s));
    CHECK(idle.read_all().empty());
    CHECK_THROWS(RawClient(server.port()));
    CHECK(server.stop(5s));  // again
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
}

TEST_CASE("requests that run are finished, those that are not whole get 503", "[api][http]") {
    Gate gate;
    Server server({gate_route(gate), echo_route()}, {});
    RawClient running(server.port());
    running.send(request_text("GET /gate"));
    REQUIRE(gate.has(1));
    RawClient half(server.port());
    half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
    REQUIRE(eventually([&] { return server.counters().connections == 2; }));
    std::this_thread::sleep_for(20ms);
    std::atomic<bool> stopped = false;
    std::jthread stopper([&] { stopped = server.stop(5s); });
    CHECK(half.read_answer().status == 503);
    gate.open();
    const Answer answer = running.read_answer();
    CHECK(answer.body == "passed");
    CHECK(answer.header("Connection") == "close");
    stopper.join();
    CHECK(stopped);
}

TEST_CASE("streams and requests that wait end when the server stops", "[api][http]") {
    EventLog log;
    Gate gate;
    Server server({log.route(),
                   {.method = "GET",
                    .pattern = "/wait",
                    .handler =
                        [&](const Request& request) {
                            return make_text(200, gate.wait(request.stop) ? "came" : "nothing yet");
                        },
                    .lane = Lane::waiting}},
                  {});
    RawClient stream(server.port());
    stream.send(request_text("GET /events"));
    CHECK(stream.read_answer().status == 200);
    RawClient waiting(server.port());
    waiting.send(request_text("GET /wait"));
    REQUIRE(gate.has(1));
    const auto begin = std::chrono::steady_clock::now();
    CHECK(server.stop(5s));
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CHECK(waiting.read_answer().body == "nothing yet");
    stream.read_all();
}

TEST_CASE("a handler that outlasts the deadline is asked to stop, and the server does",
          "[api][http]") {
    Gate gate;
    std::atomic<bool> asked = false;
    Server server({{.method = "GET",
                    .pattern = "/long",
                    .handler =
                        [&](const Request& request) {
                            asked = !gate.wait(request.stop);
                            return Response();
                        }}},
                  {});
    RawClient client(server.port());
    client.send(request_text("GET /long"));
    REQUIRE(gate.has(1));
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(server.stop(50ms));
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CHECK(asked);
    CHECK(client.read_all().empty());
}

TEST_CASE("a server that stops under load gives whole answers or none", "[api][http]") {
    auto server =
        std::make_unique<Server>(std::vector<Route>{echo_route(), health_route()}, ServerOptions());
    const std::uint16_t port = server->port();
    std::atomic<int> whole = 0;
    std::atomic<int> broken = 0;
    std::vector<std::jthread> clients;
    for (int i = 0; i < 6; ++i)
        clients.emplace_back([&] {
            try {
                for (;;) {
                    RawClient client(port);
                    for (int k = 0; k < 10; ++k) {
                        const std::string body(5000, 'y');
                        if (!client.send(request_text("POST /echo", "", body)))
                            break;
                        const Answer answer = client.read_answer();
                        if (answer.status == 0)
                            break;
                        const bool sound = answer.status == 503 || answer.body == body;
                        ++(sound ? whole : broken);
                    }
                }
            } catch (const std::runtime_error&) {
                // It listens no more.
            }
        });
    CHECK(eventually([&] { return whole > 50; }));
    CHECK(server->stop(5s));
    server.reset();
    clients.clear();
    CHECK(broken == 0);
}
