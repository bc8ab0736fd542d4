// SPDX-License-Identifier: Apache-2.0
#include "api/client/patience.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "api/http/problem.h"
#include "api/http/server.h"
#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::client;

namespace {

using Script = std::function<http::Response(int number, const http::Request&)>;

// POST /do answers by a script; the keys that came are kept.
class Scripted {
  public:
    explicit Scripted(Script script)
        : script_(std::move(script)),
          server_({{.method = "POST",
                    .pattern = "/do",
                    .handler =
                        [this](const http::Request& request) {
                            const std::string* key = request.headers.find("Idempotency-Key");
                            keys.push_back(key == nullptr ? "" : *key);
                            return script_(count++, request);
                        }}},
                  {}),
          http({.url = server_.url(), .first_delay = Seconds(0.005)}) {}

    Answer post(const std::string& key, const Patience& patience = {.longest = Seconds(5.0)}) {
        return send_patiently(http,
                              {.method = "POST", .path = "/do", .body = "{}", .key = key},
                              patience,
                              [&](const std::string& why, Seconds) { outages.push_back(why); });
    }

  private:
    Script script_;

  public:
    int count = 0;
    std::vector<std::string> keys;
    std::vector<std::string> outages;

  private:
    http::Server server_;

  public:
    HttpClient http;
};

http::Response fail_first(int times, int status, int number) {
    if (number < times)
        throw http::HttpError({.status = status, .headers = {{"Retry-After", "0"}}});
    return http::make_text(200, "done");
}

}  // namespace

TEST_CASE("only what was not heard, or may be done twice, comes again", "[api][client]") {
    for (const int status : {200, 201, 400, 401, 403, 404, 410, 412, 413, 422, 428, 431, 500, 501})
        CHECK_FALSE(may_come_again({.status = status}, true));
    for (const int status : {429, 503})
        for (const bool repeatable : {false, true})
            CHECK(may_come_again({.status = status}, repeatable));
    for (const int status : {502, 504, 507}) {
        CHECK(may_come_again({.status = status}, true));
        CHECK_FALSE(may_come_again({.status = status}, false));
    }
    CHECK_FALSE(may_come_again({.status = 409}, true));
    CHECK(may_come_again({.status = 409, .retry_after = Seconds(1.0)}, true));
}

TEST_CASE("delays double up to a bound and are spread", "[api][client]") {
    const Seconds first(0.25);
    CHECK(delay_after(1, first, 0.0, std::nullopt) == Seconds(0.125));
    CHECK(delay_after(3, first, 0.0, std::nullopt) == Seconds(0.5));
    CHECK(delay_after(3, first, 0.5, std::nullopt) == Seconds(0.75));
    CHECK(delay_after(1000, first, 0.999, std::nullopt) < Seconds(10.0));
    CHECK(delay_after(1, first, 0.0, Seconds(3.0)) == Seconds(3.0));
    CHECK(delay_after(1, first, 0.0, Seconds(1e9)) == Seconds(60.0));
}

TEST_CASE("a request is sent again under its key", "[api][client]") {
    Scripted server([](int number, const http::Request&) { return fail_first(3, 502, number); });
    CHECK(server.post("one").body == "done");
    CHECK(server.keys == std::vector<std::string>{"one", "one", "one", "one"});
    CHECK(server.outages.size() == 3);
}

TEST_CASE("a request without a key is not sent again if it may have been done", "[api][client]") {
    Scripted server([](int number, const http::Request&) { return fail_first(1, 504, number); });
    CHECK(server.post("").status == 504);
    CHECK(server.count == 1);
}

TEST_CASE("patience that ends gives the last answer", "[api][client]") {
    Scripted server([](int number, const http::Request&) { return fail_first(1000, 503, number); });
    CHECK(server.post("one", {.longest = Seconds(0.1)}).status == 503);
    CHECK(server.count > 1);
}

TEST_CASE("a stop ends the wait for an answer within a second", "[api][client]") {
    std::stop_source stop;
    std::atomic<bool> came = false;
    Scripted server([&](int, const http::Request& request) {
        came = true;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!request.stop.stop_requested() && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return http::make_text(200, "late");
    });
    const auto began = std::chrono::steady_clock::now();
    std::jthread stopper([&] {
        while (!came)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        stop.request_stop();
    });
    CHECK_THROWS_AS(server.post("one", {.stop = stop.get_token()}), Error);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(1));
}

TEST_CASE("a server that nobody has is told with its address", "[api][client]") {
    // A port that was just free.
    const std::string url = [] {
        const http::Server server({}, {});
        return server.url();
    }();
    HttpClient http({.url = url, .first_delay = Seconds(0.005)});
    try {
        send_patiently(http, {.method = "GET", .path = "/"}, {.longest = Seconds(0.05)}, {});
        FAIL("there was an answer");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
        CHECK(error.faults().front().where == url);
    }
}

TEST_CASE("keys and chances are new each time and for each seed", "[api][client]") {
    HttpClient first({.url = "http://localhost", .seed = 1});
    HttpClient second({.url = "http://localhost", .seed = 2});
    const std::string key = first.new_key();
    CHECK(key.size() == 32);
    CHECK(key != first.new_key());
    CHECK(key != second.new_key());
    for (int i = 0; i < 100; ++i) {
        const double chance = first.chance();
        CHECK((chance >= 0.0 && chance < 1.0));
    }
}

TEST_CASE("what is no URL of a server is refused", "[api][client]") {
    for (const char* url :
         {"localhost:8080", "ftp://host", "http://", "http://host:8080?x", "http://a b"})
        CHECK_THROWS_AS(HttpClient({.url = url}), Error);
    for (const char* url : {"http://host", "https://host:8443/parnas/", "http://[::1]:8080"})
        CHECK_NOTHROW(HttpClient({.url = url}));
}
