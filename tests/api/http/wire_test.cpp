// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/wire.h"

#include <string>

#include "api/http/protocol/request_id.h"
#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;

namespace {

bool has_line(const std::string& bytes, const std::string& line) {
    return bytes.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a response has its length and what every response has", "[api][http]") {
    const std::string bytes = to_wire(make_text(200, "hello"), {.id = "r1"});
    CHECK(bytes.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(has_line(bytes, "Content-Length: 5"));
    CHECK(has_line(bytes, "Cache-Control: no-store"));
    CHECK(has_line(bytes, "X-Content-Type-Options: nosniff"));
    CHECK(has_line(bytes, "X-Request-Id: r1"));
    CHECK(has_line(bytes, "Connection: keep-alive"));
    CHECK(bytes.ends_with("\r\n\r\nhello"));
}

TEST_CASE("a handler's own headers are kept", "[api][http]") {
    Response response = make_text(200, "");
    response.headers.set("cache-control", "max-age=9");
    const std::string bytes = to_wire(response, {});
    CHECK(has_line(bytes, "cache-control: max-age=9"));
    CHECK(bytes.find("no-store") == std::string::npos);
}

TEST_CASE("answers to HEAD and those without content have no body", "[api][http]") {
    const std::string head = to_wire(make_text(200, "hello"), {.without_body = true});
    CHECK(has_line(head, "Content-Length: 5"));
    CHECK(head.ends_with("\r\n\r\n"));
    const std::string empty = to_wire({.status = 204}, {});
    CHECK(empty.find("Content-Length") == std::string::npos);
    CHECK(empty.ends_with("\r\n\r\n"));
}

TEST_CASE("a header that would split the response is a bug and is not sent", "[api][http]") {
    for (const Field& line : {Field{"A", "b\r\nSet-Cookie: c"},
                              Field{"A\r\nB", "c"},
                              Field{"", "c"},
                              Field{"content-length", "1"},
                              Field{"A", std::string("b\0", 2)}})
        CHECK_THROWS_AS(to_wire({.headers = {line}}, {}), Error);
    CHECK_THROWS_AS(to_wire({.status = 99}, {}), Error);
    CHECK_THROWS_AS(to_wire({.status = 600}, {}), Error);
}

TEST_CASE("a request keeps a sound name and gets a new one otherwise", "[api][http]") {
    RequestIds ids;
    CHECK(ids.name({{"x-request-id", "a-1_B.c:+/=@"}}) == "a-1_B.c:+/=@");
    for (const std::string& bad : {std::string(),
                                   std::string("a b"),
                                   std::string("\"a\""),
                                   std::string("a\x7f"),
                                   std::string(129, 'a')}) {
        const std::string name = ids.name({{"X-Request-Id", bad}});
        CHECK(name.size() == 16);
        CHECK(name.find_first_not_of("0123456789abcdef") == std::string::npos);
    }
    CHECK(ids.name({}) != ids.name({}));
}
