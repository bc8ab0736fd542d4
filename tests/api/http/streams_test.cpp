// SPDX-License-Identifier: Apache-2.0
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/api/http/event_log.h"
#include "tests/api/http/raw_client.h"
#include "tests/api/http/small_server.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;
using namespace parnas::tests;

namespace {

RawClient follow(const Server& server,
                 std::string_view target = "/events",
                 std::string_view headers = {}) {
    RawClient client(server.port());
    client.send(request_text("GET " + std::string(target), headers));
    return client;
}

// Gives one batch of events, then throws.
class BrokenSource : public EventSource {
  public:
    std::optional<std::vector<Event>> next(Clock::time_point, const std::stop_token&) override {
        if (std::exchange(asked_, true))
            throw std::runtime_error("the log is gone");
        return std::vector<Event>{{.data = "first"}};
    }

  private:
    bool asked_ = false;
};

}  // namespace

TEST_CASE("a stream sends events as they come, until its source ends", "[api][http]") {
    EventLog log;
    Server server({log.route()}, {});
    RawClient client = follow(server);
    const Answer head = client.read_answer();
    CHECK(head.status == 200);
    CHECK(head.header("Content-Type") == "text/event-stream");
    CHECK(head.header("Cache-Control") == "no-store");
    for (int i = 1; i <= 3; ++i) {
        log.add("event " + std::to_string(i));
        CHECK(client.read_until("data: event " + std::to_string(i) + "\n\n").find("id: ") !=
              std::string::npos);
    }
    log.end();
    CHECK(client.read_all().empty());
    CHECK(eventually([&] { return server.counters().streams == 0; }));
}

TEST_CASE("a stream goes on where the last one broke off", "[api][http]") {
    EventLog log;
    Server server({log.route()}, {});
    for (int i = 0; i < 100; ++i)
        log.add("x");
    int seen = 0;
    while (seen < 100) {
        RawClient client =
            follow(server, "/events", "Last-Event-ID: " + std::to_string(seen) + "\r\n");
        for (int i = 0; i < 7 && seen < 100; ++i) {
            client.read_until("id: ");
            REQUIRE(client.read_until("\n") == std::to_string(++seen) + "\n");
        }
    }
    log.end();
}

TEST_CASE("a stream that has nothing to say says so", "[api][http]") {
    EventLog log;
    ServerOptions options;
    options.deadlines.ping = 20ms;
    Server server({log.route()}, options);
    RawClient client = follow(server);
    client.read_answer();
    for (int i = 0; i < 3; ++i)
        CHECK(client.read_until(": ping\n\n").ends_with(": ping\n\n"));
    log.end();
}

TEST_CASE("streams are limited, of all and of each principal", "[api][http]") {
    EventLog log;
    ServerOptions options;
    options.limits.streams = 3;
    options.limits.streams_per_principal = 2;
    Server server({log.route()}, options);
    std::list<RawClient> streams;
    const auto status_of = [&](std::string_view principal) {
        streams.push_back(follow(server, "/events?principal=" + std::string(principal)));
        return streams.back().read_answer().status;
    };
    CHECK(status_of("a") == 200);
    CHECK(status_of("a") == 200);
    const Answer third = ask(server.port(), "GET /events?principal=a");
    CHECK(third.status == 503);
    CHECK_FALSE(third.header("Retry-After").empty());
    CHECK(status_of("b") == 200);
    CHECK(ask(server.port(), "GET /events?principal=c").status == 503);
    CHECK(server.counters().refused_requests == 2);
    streams.clear();  // the clients go, and with them their streams
    CHECK(eventually([&] { return server.counters().streams == 0; }));
    CHECK(status_of("a") == 200);
    log.end();
}

TEST_CASE("HEAD of a stream does not begin one", "[api][http]") {
    EventLog log;
    Server server({log.route()}, {});
    const Answer answer = ask(server.port(), "HEAD /events");
    CHECK(answer.status == 200);
    CHECK(answer.header("Content-Type") == "text/event-stream");
    CHECK(server.counters().streams == 0);
}

TEST_CASE("a client that does not read its stream loses it", "[api][http]") {
    EventLog log;
    ServerOptions options;
    options.deadlines.slow = 100ms;
    Server server({log.route()}, options);
    RawClient client = [&] {
        RawClient idle(server.port(), 4096);
        idle.send(request_text("GET /events"));
        return idle;
    }();
    for (int i = 0; i < 16; ++i)
        log.add(std::string(1 << 20, 'x'));
    CHECK(eventually([&] { return server.counters().reaped_connections == 1; }));
    CHECK(eventually([&] { return server.counters().streams == 0; }));
    log.end();
}

TEST_CASE("a source that fails ends its stream and is logged", "[api][http]") {
    std::mutex mutex;
    std::string error;
    ServerOptions options;
    options.access_log = [&](const AccessRecord& record) {
        const std::lock_guard lock(mutex);
        error = record.error;
    };
    Server server({{.method = "GET",
                    .pattern = "/events",
                    .handler =
                        [](const Request&) {
                            Response response;
                            response.events =
                                EventStream{.source = std::make_unique<BrokenSource>()};
                            return response;
                        }}},
                  options);
    RawClient client = follow(server);
    CHECK(client.read_all().ends_with("data: first\n\n"));
    const std::lock_guard lock(mutex);
    CHECK(error == "the log is gone");
}
