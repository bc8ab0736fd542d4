// SPDX-License-Identifier: Apache-2.0
#include "api/rest/events.h"

#include <chrono>
#include <string>
#include <thread>

#include "tests/api/http/small_server.h"
#include "tests/api/rest/small_service.h"

using namespace parnas;
using namespace std::chrono_literals;
using tests::SmallService;
namespace samples = store::samples;

namespace {

void say(store::Store& store, const store::Driver& driver, std::vector<std::string> kinds) {
    store::Batch batch{.driver = driver};
    for (std::string& kind : kinds)
        batch.events.push_back(
            {.time = samples::at(1), .kind = std::move(kind), .body = R"({"trial": 7})"});
    store.commit(batch);
}

std::vector<std::string> kinds_of(const Json& events) {
    std::vector<std::string> kinds;
    for (const Json& event : events["events"])
        kinds.push_back(event["study"].get<std::string>() + ':' + event["kind"].get<std::string>());
    return kinds;
}

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("events of all studies come in their order, and go on where the client was",
          "[api][rest][events]") {
    SmallService service;
    store::Store& store = *service.store;
    const store::Driver a = samples::drive(store, "a");
    const store::Driver b = samples::drive(store, "b");
    say(store, a, {"one"});
    say(store, b, {"two"});
    say(store, a, {"three"});
    auto api = service.api(rest::add_events);
    const Json first = api.json("GET", "/v1/events?limit=2");
    CHECK(kinds_of(first) == Kinds{"a:one", "b:two"});
    CHECK(first["events"][0]["body"] == Json({{"trial", 7}}));
    CHECK(first["events"][0]["time"] == "2026-11-21T00:00:01.206Z");
    const Json next =
        api.json("GET", "/v1/events?since=" + std::to_string(first["next"].get<std::int64_t>()));
    CHECK(kinds_of(next) == Kinds{"a:three"});
    const Json end =
        api.json("GET", "/v1/events?since=" + std::to_string(next["next"].get<std::int64_t>()));
    CHECK(end["events"].empty());
    CHECK(end["next"] == next["next"]);
}

TEST_CASE("events are of one study or of some kinds if that is asked for", "[api][rest][events]") {
    SmallService service;
    store::Store& store = *service.store;
    const store::Driver a = samples::drive(store, "a");
    const store::Driver b = samples::drive(store, "b");
    say(store, a, {"one", "two"});
    say(store, b, {"one", "three"});
    auto api = service.api(rest::add_events);
    CHECK(kinds_of(api.json("GET", "/v1/studies/b/events")) == Kinds{"b:one", "b:three"});
    CHECK(kinds_of(api.json("GET", "/v1/events?kinds=two,three")) == Kinds{"a:two", "b:three"});
    // What was passed over is not looked at again.
    CHECK(api.json("GET", "/v1/events?kinds=none")["next"] == 4);
    CHECK(api.ask("GET", "/v1/events?kinds=Two").status == 400);
}

TEST_CASE("events of studies that a token may not see are not for it", "[api][rest][events]") {
    SmallService service;
    store::Store& store = *service.store;
    say(store, samples::drive(store, "a"), {"one"});
    say(store, samples::drive(store, "b"), {"two"});
    auto api = service.api(rest::add_events);
    api.access.callers["Bearer guest"] = {.token = "tok_guest", .scopes = {"read"}, .study = "b"};
    const http::Response response =
        api.ask("GET", "/v1/events", {{"Authorization", "Bearer guest"}});
    CHECK(kinds_of(parse_json(response.body, "")) == Kinds{"b:two"});
}

TEST_CASE("a long poll answers when there is something to tell", "[api][rest][events]") {
    SmallService service;
    store::Store& store = *service.store;
    const store::Driver driver = samples::drive(store, "a");
    auto api = service.api(rest::add_events);
    http::Response answer;
    std::thread poll([&] { answer = api.send("GET", "/v1/events?wait=20"); });
    std::this_thread::sleep_for(20ms);
    say(store, driver, {"news"});
    service.feed.notify();
    poll.join();
    CHECK(kinds_of(parse_json(answer.body, "")) == Kinds{"a:news"});
}

TEST_CASE("a long poll finds what another process committed", "[api][rest][events]") {
    SmallService service;
    store::Store& store = *service.store;
    const store::Driver driver = samples::drive(store, "a");
    auto api = service.api(rest::add_events);
    http::Response answer;
    std::thread poll([&] { answer = api.send("GET", "/v1/events?wait=20"); });
    std::this_thread::sleep_for(20ms);
    say(store, driver, {"news"});  // nobody is told
    poll.join();
    CHECK(kinds_of(parse_json(answer.body, "")) == Kinds{"a:news"});
}

TEST_CASE("a long poll ends with nothing after its time, or when its client goes",
          "[api][rest][events]") {
    SmallService service;
    auto api = service.api(rest::add_events);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(api.json("GET", "/v1/events?wait=1")["events"].empty());
    CHECK(std::chrono::steady_clock::now() - begin >= 1s);
    http::Response answer;
    std::thread poll([&] { answer = api.send("GET", "/v1/events?wait=25"); });
    std::this_thread::sleep_for(20ms);
    api.stop.request_stop();
    poll.join();
    CHECK(parse_json(answer.body, "")["events"].empty());
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("a stream has the same events, and goes on after the last that came",
          "[api][rest][events]") {
    SmallService service;
    store::Store& store = *service.store;
    const store::Driver driver = samples::drive(store, "a");
    say(store, driver, {"one", "two", "three"});
    auto api = service.api(rest::add_events);
    const http::Response response = api.ask(
        "GET", "/v1/events?since=0", {{"Accept", "text/event-stream"}, {"Last-Event-ID", "1"}});
    REQUIRE(response.events.has_value());
    CHECK(response.events->principal == "tok_all");
    http::EventSource& source = *response.events->source;
    const auto next = [&] {
        return source.next(http::Clock::now() + std::chrono::seconds(5), {}).value();
    };
    std::vector<http::Event> events = next();
    REQUIRE(events.size() == 2);
    CHECK(events[0].id == "2");
    CHECK(events[0].type == "two");
    CHECK(parse_json(events[0].data, "")["study"] == "a");
    say(store, driver, {"four"});
    service.feed.notify();
    events = next();
    REQUIRE(events.size() == 1);
    CHECK(events[0].id == "4");
    // Nothing more is no end.
    CHECK(source.next(http::Clock::now(), {})->empty());
    CHECK(api.ask("GET", "/v1/events", {{"Last-Event-ID", "x"}}).status == 400);
}
