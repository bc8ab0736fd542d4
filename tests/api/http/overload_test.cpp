// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/http/raw_client.h"
#include "tests/api/http/small_server.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;
using namespace parnas::tests;

TEST_CASE("requests beyond threads and queue get 503, and health still answers", "[api][http]") {
    Gate gate;
    ServerOptions options;
    options.lanes.normal = {.threads = 2, .queue = 1};
    Server server({gate_route(gate), health_route()}, options);
    std::list<RawClient> clients;
    for (std::size_t i = 1; i <= 3; ++i) {
        clients.emplace_back(server.port()).send(request_text("GET /gate"));
        REQUIRE(gate.has(std::min<std::size_t>(i, 2)));
    }
    REQUIRE(eventually([&] { return server.counters().queued == 1; }));
    CHECK(server.counters().running == 2);

    RawClient refused(server.port());
    refused.send(request_text("GET /gate"));
    const Answer answer = refused.read_answer();
    CHECK(answer.status == 503);
    CHECK_FALSE(answer.header("Retry-After").empty());
    CHECK(ask(server.port(), "GET /healthz").status == 200);
    CHECK(server.counters().refused_requests == 1);

    gate.open();
    for (RawClient& client : clients)
        CHECK(client.read_answer().body == "passed");
    refused.send(request_text("GET /gate"));  // the same connection
    CHECK(refused.read_answer().status == 200);
}

TEST_CASE("a request that waited too long for a thread is refused", "[api][http]") {
    Gate gate;
    ServerOptions options;
    options.lanes.normal = {.threads = 1, .queue = 5};
    options.deadlines.queue = 500ms;
    Server server({gate_route(gate)}, options);
    RawClient first(server.port());
    first.send(request_text("GET /gate"));
    REQUIRE(gate.has(1));
    RawClient second(server.port());
    second.send(request_text("GET /gate"));
    REQUIRE(eventually([&] { return server.counters().queued == 1; }));
    std::this_thread::sleep_for(600ms);
    gate.open();
    CHECK(first.read_answer().status == 200);
    CHECK(second.read_answer().status == 503);
}

TEST_CASE("requests that wait do not take the threads of others", "[api][http]") {
    Gate gate;
    Route waiting = gate_route(gate, "/wait");
    waiting.lane = Lane::waiting;
    ServerOptions options;
    options.lanes.normal = {.threads = 1, .queue = 1};
    options.lanes.waiting = {.threads = 10, .queue = 0};
    Server server({waiting, echo_route()}, options);
    std::list<RawClient> clients;
    for (int i = 0; i < 10; ++i)
        clients.emplace_back(server.port()).send(request_text("GET /wait"));
    REQUIRE(gate.has(10));
    CHECK(ask(server.port(), "POST /echo", "", "x").status == 200);
    CHECK(ask(server.port(), "GET /wait").status == 503);
    gate.open();
}

TEST_CASE("when connections run out the vital ones are still served", "[api][http]") {
    Gate gate;
    ServerOptions options;
    options.limits.connections = 3;
    options.limits.reserved_connections = 2;
    Server server({gate_route(gate), health_route()}, options);
    std::list<RawClient> clients;
    for (std::size_t i = 1; i <= 3; ++i) {
        clients.emplace_back(server.port()).send(request_text("GET /gate"));
        REQUIRE(gate.has(i));
    }
    const auto all_but_the_waiting_left = [&] { return server.counters().connections == 3; };
    CHECK(ask(server.port(), "GET /healthz").status == 200);
    REQUIRE(eventually(all_but_the_waiting_left));
    CHECK(ask(server.port(), "GET /gate").status == 503);
    REQUIRE(eventually(all_but_the_waiting_left));
    RawClient fourth(server.port());
    fourth.send(request_text("GET /healthz"));
    CHECK(fourth.read_answer().status == 200);
    RawClient fifth(server.port());
    fifth.send(request_text("GET /healthz"));
    CHECK(fifth.read_answer().status == 200);
    // Nobody is heard beyond the reserve, but told so.
    RawClient sixth(server.port());
    CHECK(sixth.read_answer().status == 503);
    CHECK(sixth.read_all().empty());
    CHECK(server.counters().refused_connections == 1);
    gate.open();
}

TEST_CASE("the connection that has been idle for longest makes room", "[api][http]") {
    ServerOptions options;
    options.limits.connections = 3;
    options.limits.reserved_connections = 0;
    Server server({health_route()}, options);
    std::list<RawClient> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(server.port()).send(request_text("GET /healthz"));
        REQUIRE(clients.back().read_answer().status == 200);
    }
    std::this_thread::sleep_for(600ms);
    CHECK(ask(server.port(), "GET /healthz").status == 200);
    CHECK(server.counters().evicted_connections == 1);
    CHECK(clients.front().read_all().empty());
    clients.back().send(request_text("GET /healthz"));
    CHECK(clients.back().read_answer().status == 200);
}

TEST_CASE("an address has so many connections and no more", "[api][http]") {
    ServerOptions options;
    options.limits.connections_per_address = 2;
    options.limits.limit_loopback = true;
    Server server({health_route()}, options);
    RawClient first(server.port());
    {
        RawClient second(server.port());
        second.send(request_text("GET /healthz"));
        CHECK(second.read_answer().status == 200);
        RawClient third(server.port());
        CHECK(third.read_answer().status == 503);
    }
    CHECK(eventually([&] { return ask(server.port(), "GET /healthz").status == 200; }));
    first.send(request_text("GET /healthz"));
    CHECK(first.read_answer().status == 200);
}

TEST_CASE("under a storm of connections every answer is right and health is heard", "[api][http]") {
    ServerOptions options;
    options.lanes.normal = {.threads = 2, .queue = 4};
    options.limits.connections = 32;
    Server server({echo_route(), health_route()}, options);
    std::atomic<int> answered = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < 8; ++i)
            clients.emplace_back([&, i] {
                for (int k = 0; k < 100; ++k) {
                    const std::string body = std::to_string(i * 1000 + k);
                    const Answer answer = ask(server.port(), "POST /echo", "", body);
                    if (answer.status == 200 && answer.body == body)
                        ++answered;
                    else if (answer.status == 503)
                        ++refused;
                    else
                        ++wrong;
                }
            });
        for (int k = 0; k < 20; ++k)
            CHECK(ask(server.port(), "GET /healthz").status == 200);
    }
    CHECK(wrong == 0);
    CHECK(answered > 0);
    CHECK(answered + refused == 800);
    CHECK(eventually([&] { return server.counters().connections == 0; }));
}
