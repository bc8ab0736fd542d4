// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/request_head.h"

#include <cstdint>
#include <optional>
#include <string>

#include "api/http/problem.h"
#include "api/http/protocol/body_reader.h"
#include "core/rng.h"
#include "tests/support/catch.h"

using namespace parnas::http;

namespace {

const Limits kLimits;

RequestHead parse(std::string_view lines) {
    return parse_head(std::string(lines) + "\r\n", kLimits);
}

// 200 if the lines are a head with a sound framing.
int status_of(std::string_view lines) {
    try {
        framing_of(parse(lines), 1000);
    } catch (const HttpError& error) {
        return error.problem().status;
    }
    return 200;
}

int status_with(std::string_view headers) {
    return status_of("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(headers));
}

}  // namespace

TEST_CASE("a head is split into its parts", "[api][http]") {
    const RequestHead head =
        parse("PUT /a%20b?x=1&y HTTP/1.1\r\nHost: h:1\r\nEmpty:\r\nX-Two:  b c \t\r\n");
    CHECK(head.method == "PUT");
    CHECK(head.path == "/a%20b");
    CHECK(head.query == "x=1&y");
    CHECK(head.minor_version == 1);
    CHECK(*head.headers.find("x-two") == "b c");
    CHECK(head.headers.find("Empty")->empty());
}

TEST_CASE("a target is a path, a URI or a star", "[api][http]") {
    CHECK(parse("GET http://host:80/p?q HTTP/1.1\r\nHost: a\r\n").path == "/p");
    CHECK(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n").path == "*");
    for (const char* target :
         {"*", "host:80", "p", "http://host", "/a#b", "/a\tb", "/\xc3\xa4", "/a b", ""})
        CHECK(status_of("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n") == 400);
}

TEST_CASE("only versions 1.0 and 1.1 are spoken", "[api][http]") {
    CHECK(status_of("GET / HTTP/1.0\r\n") == 200);
    CHECK(status_of("GET / HTTP/2.0\r\nHost: a\r\n") == 505);
    CHECK(status_of("GET / HTTP/1.2\r\nHost: a\r\n") == 505);
    CHECK(status_of("GET / http/1.1\r\nHost: a\r\n") == 400);
    CHECK(status_of("GET /\r\nHost: a\r\n") == 400);
}

TEST_CASE("a length that is ambiguous is refused", "[api][http]") {
    CHECK(status_with("Content-Length: 5\r\n") == 200);
    CHECK(status_with("Transfer-Encoding: Chunked\r\n") == 200);
    CHECK(status_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(status_with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(status_with("Content-Length: 5\r\nContent-Length: 5\r\n") == 400);
    CHECK(status_with("Content-Length: 5, 5\r\n") == 400);
    CHECK(status_with("Content-Length: +5\r\n") == 400);
    CHECK(status_with("Content-Length: -5\r\n") == 400);
    CHECK(status_with("Content-Length: 0x5\r\n") == 400);
    CHECK(status_with("Content-Length:\r\n") == 400);
    CHECK(status_with("Transfer-Encoding: gzip, chunked\r\n") == 400);
    CHECK(status_with("Transfer-Encoding: chunked, chunked\r\n") == 400);
    CHECK(status_with("Transfer-Encoding: xchunked\r\n") == 400);
    CHECK(status_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n") == 400);
}

TEST_CASE("a body that is too large or encoded is refused by its head", "[api][http]") {
    CHECK(status_with("Content-Length: 1000\r\n") == 200);
    CHECK(status_with("Content-Length: 1001\r\n") == 413);
    CHECK(status_with("Content-Length: 99999999999999999999999\r\n") == 413);
    CHECK(status_with("Content-Encoding: gzip\r\n") == 415);
    CHECK(status_with("Content-Encoding: identity\r\n") == 200);
}

TEST_CASE("header lines that could be read in two ways are refused", "[api][http]") {
    CHECK(status_with(" folded: a\r\n") == 400);
    CHECK(status_with("A: b\r\n\tfolded\r\n") == 400);
    CHECK(status_with("Content-Length : 5\r\n") == 400);
    CHECK(status_with("REMOTE_ADDR: 127.0.0.1\r\n") == 400);
    CHECK(status_with("Content_Length: 5\r\n") == 400);
    CHECK(status_with("no colon\r\n") == 400);
    CHECK(status_with(": empty\r\n") == 400);
    CHECK(status_with("A\xc3\xa4: b\r\n") == 400);
    CHECK(status_with(std::string("A: b\0c\r\n", 8)) == 400);
    CHECK(status_with("A: b\rc\r\n") == 400);
    CHECK(status_with("A: b\x01\r\n") == 400);
    CHECK(status_with("Host: b\r\n") == 400);
    CHECK(status_with("Authorization: a\r\nauthorization: b\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\n") == 400);
}

TEST_CASE("there are at most as many headers as the limit says", "[api][http]") {
    std::string lines;
    for (std::size_t i = 1; i < kLimits.headers; ++i)
        lines += "A: b\r\n";
    CHECK(status_with(lines) == 200);
    CHECK(status_with(lines + "A: b\r\n") == 431);
}

TEST_CASE("a client says whether its connection goes on", "[api][http]") {
    CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\n").keeps_alive());
    CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n").keeps_alive());
    CHECK_FALSE(parse("GET / HTTP/1.0\r\n").keeps_alive());
    CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n").keeps_alive());
}

TEST_CASE("the end of a head is found wherever it is cut", "[api][http]") {
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
    const std::size_t end = text.size() - 4;
    for (std::size_t cut = 0; cut < end; ++cut) {
        HeadScanner scanner(kLimits);
        REQUIRE_FALSE(scanner.find_end(std::string_view(text).substr(0, cut)));
        REQUIRE(scanner.find_end(text) == end);
    }
}

TEST_CASE("a head that cannot become one is refused before it ends", "[api][http]") {
    const auto status_of_start = [](const std::string& text) {
        HeadScanner scanner(kLimits);
        try {
            scanner.find_end(text);
        } catch (const HttpError& error) {
            return error.problem().status;
        }
        return 0;
    };
    const std::string line = "GET / HTTP/1.1\r\n";
    CHECK(status_of_start("GET / HTTP/1.1\n") == 400);
    CHECK(status_of_start("\n") == 400);
    CHECK(status_of_start(line + "A: b\n") == 400);
    CHECK(status_of_start("GET /" + std::string(8000, 'a')) == 0);
    CHECK(status_of_start("GET /" + std::string(9000, 'a')) == 414);
    CHECK(status_of_start(line + "A: " + std::string(8000, 'a')) == 0);
    CHECK(status_of_start(line + "A: " + std::string(9000, 'a')) == 431);
}

TEST_CASE("whatever bytes come, a request is read or refused", "[api][http]") {
    const std::string sound =
        "POST http://h/a%20b?c=d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        "Expect: 100-continue\r\nConnection: close, x\r\n\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
    constexpr char kMarks[] = "\r\n\0 \t:;,%/?#*-_{}09afAFxX\x7f\xff";
    const std::string_view marks(kMarks, sizeof kMarks - 1);
    parnas::Rng rng(7);
    int read = 0;
    int refused = 0;
    for (int round = 0; round < 5000; ++round) {
        std::string text = sound;
        for (std::uint64_t changes = rng.below(4); changes > 0; --changes) {
            const std::size_t place = rng.below(text.size());
            if (rng.chance(0.3))
                text.erase(place, 1 + rng.below(4));
            else if (rng.chance(0.5))
                text.insert(place, 1, marks[rng.below(marks.size())]);
            else
                text[place] = marks[rng.below(marks.size())];
        }
        try {
            HeadScanner scanner(kLimits);
            const std::optional<std::size_t> end = scanner.find_end(text);
            if (!end)
                continue;
            const RequestHead head = parse_head(std::string_view(text).substr(0, *end), kLimits);
            head.expects_continue();
            BodyReader body(framing_of(head, 100), 100);
            const std::size_t taken = body.take(std::string_view(text).substr(*end));
            REQUIRE(taken <= text.size() - *end);
            REQUIRE(body.size() <= 100);
            ++read;
        } catch (const HttpError& error) {
            REQUIRE(error.problem().status >= 400);
            REQUIRE(error.problem().status < 600);
            ++refused;
        }
    }
    CHECK(read > 500);
    CHECK(refused > 500);
}
