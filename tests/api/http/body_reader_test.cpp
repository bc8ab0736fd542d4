// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/body_reader.h"

#include <string>

#include "api/http/problem.h"
#include "tests/support/catch.h"

using namespace parnas::http;

namespace {

constexpr Framing kChunked{.chunked = true};

int status_of_chunks(std::string_view text, std::size_t most = 100) {
    BodyReader reader(kChunked, most);
    try {
        reader.take(text);
    } catch (const HttpError& error) {
        return error.problem().status;
    }
    return reader.done() ? 200 : 0;
}

}  // namespace

TEST_CASE("a body of known length leaves what follows it", "[api][http]") {
    BodyReader reader({.length = 5}, 100);
    CHECK(reader.take("abc") == 3);
    CHECK_FALSE(reader.done());
    CHECK(reader.take("deGET /") == 2);
    CHECK(reader.done());
    CHECK(reader.release() == "abcde");
}

TEST_CASE("no body is done at once", "[api][http]") {
    BodyReader reader({}, 100);
    CHECK(reader.done());
    CHECK(reader.take("GET /") == 0);
}

TEST_CASE("chunks may be cut anywhere", "[api][http]") {
    const std::string text = "3\r\nabc\r\nA;note=\"x\"\r\n0123456789\r\n0\r\n\r\n";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        BodyReader reader(kChunked, 100);
        reader.take(std::string_view(text).substr(0, cut));
        reader.take(std::string_view(text).substr(cut));
        REQUIRE(reader.done());
        REQUIRE(reader.release() == "abc0123456789");
    }
    BodyReader reader(kChunked, 100);
    CHECK(reader.take(text + "GET /") == text.size());
}

TEST_CASE("chunks that two programs could read in two ways are refused", "[api][http]") {
    for (const char* text : {"-3\r\nabc\r\n",
                             "+3\r\nabc\r\n",
                             " 3\r\nabc\r\n",
                             "0x3\r\nabc\r\n",
                             "3 x\r\nabc\r\n",
                             "3 \r\nabc\r\n",
                             "3\t\r\nabc\r\n",
                             "\r\nabc\r\n",
                             "g\r\nabc\r\n",
                             "3\nabc\r\n",
                             "3\r\nabcd\r\n",
                             "3\r\nabc\n0\r\n",
                             "3;a\rb\r\nabc\r\n",
                             "0\r\nX: y\r\n\r\n"})
        CHECK(status_of_chunks(text) == 400);
    CHECK(status_of_chunks(std::string(300, '0')) == 400);
}

TEST_CASE("chunks together are at most as large as a body may be", "[api][http]") {
    CHECK(status_of_chunks("64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n") == 200);
    CHECK(status_of_chunks("65\r\n") == 413);
    CHECK(status_of_chunks("60\r\n" + std::string(96, 'x') + "\r\n5\r\n") == 413);
    CHECK(status_of_chunks("ffffffffffffffff\r\n") == 413);
    CHECK(status_of_chunks("fffffffffffffffff\r\n") == 413);
}
