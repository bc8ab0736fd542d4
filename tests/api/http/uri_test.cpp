// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/uri.h"

#include <string>
#include <vector>

#include "api/http/problem.h"
#include "tests/support/catch.h"

using namespace parnas::http;

TEST_CASE("segments are decoded one by one", "[api][http]") {
    using Segments = std::vector<std::string>;
    CHECK(path_segments("/") == Segments{});
    CHECK(path_segments("/a/b%20c/%C3%A4") == Segments{"a", "b c", "\xc3\xa4"});
    CHECK(path_segments("/a/") == Segments{"a", ""});
    CHECK(path_segments("//a") == Segments{"", "a"});
    CHECK(path_segments("/...") == Segments{"..."});
    CHECK(path_segments("/a+b%2B") == Segments{"a+b+"});
}

TEST_CASE("a path that leads elsewhere is refused", "[api][http]") {
    for (const char* path :
         {"",           "a",      "/..",           "/a/../b",    "/.",           "/%2e%2e/a",
          "/%2E.",      "/a%2fb", "/..%5c",        "/a%5Cb",     "/%00",         "/a%0d%0a",
          "/%7f",       "/%",     "/%4",           "/%zz",       "/%C3",         "/%C0%AF",
          "/%ED%A0%80", "/%FF",   "/%F5%80%80%80", "/%E0%80%AF", "/%F4%90%80%80"})
        CHECK_THROWS_AS(path_segments(path), HttpError);
}

TEST_CASE("double encoding is decoded once", "[api][http]") {
    CHECK(path_segments("/%252e%252e") == std::vector<std::string>{"%2e%2e"});
}

TEST_CASE("a query is a list of names and values", "[api][http]") {
    using Fields = std::vector<Field>;
    CHECK(parse_query("") == Fields{});
    CHECK(parse_query("a=1&b=%20x+y&&c&a=2=3&=") ==
          Fields{{"a", "1"}, {"b", " x y"}, {"c", ""}, {"a", "2=3"}, {"", ""}});
    CHECK_THROWS_AS(parse_query("a=%"), HttpError);
    CHECK_THROWS_AS(parse_query("a=%00"), HttpError);
    CHECK_THROWS_AS(parse_query("%ff"), HttpError);
}

TEST_CASE("UTF-8 is known by its every boundary", "[api][http]") {
    CHECK(is_utf8(
        "a\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
    for (const char* text : {"\x80",
                             "\xc1\xbf",
                             "\xc2",
                             "\xc2\x7f",
                             "\xe0\x9f\xbf",
                             "\xed\xa0\x80",
                             "\xf0\x8f\xbf\xbf",
                             "\xf4\x90\x80\x80",
                             "\xf5\x80\x80\x80",
                             "\xe1\x80"})
        CHECK_FALSE(is_utf8(text));
}
