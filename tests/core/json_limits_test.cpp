// SPDX-License-Identifier: Apache-2.0
#include "core/json_limits.h"

#include <string>

#include "tests/support/catch.h"

using namespace parnas;

namespace {

constexpr JsonLimits kSmall{.depth = 3, .string_bytes = 5, .members = 4, .values = 8};

bool fits(std::string_view text) {
    return !find_excess(text, kSmall);
}

}  // namespace

TEST_CASE("a JSON text may be as large inside as each limit says, and no larger", "[core][json]") {
    CHECK(fits("[[[0]]]"));
    CHECK_FALSE(fits("[[[[0]]]]"));
    CHECK_FALSE(fits(R"({"a":{"b":[{}]}})"));
    CHECK(fits(R"(["12345"])"));
    CHECK_FALSE(fits(R"(["123456"])"));
    CHECK_FALSE(fits(R"({"123456":0})"));
    CHECK(fits("[1,2,3,4]"));
    CHECK_FALSE(fits("[1,2,3,4,5]"));
    CHECK_FALSE(fits(R"({"a":1,"b":2,"c":3,"d":4,"e":5})"));
    CHECK(fits("[[1,2,3],[4]]"));
    CHECK_FALSE(fits("[[1,2,3],[4,5,6],[7,8]]"));
}

TEST_CASE("marks within texts do not count", "[core][json]") {
    CHECK(fits(R"("[[[[")"));
    CHECK(fits(R"(",,,,,")"));
    CHECK(fits(R"(["\"[[[","]]"])"));
    CHECK_FALSE(fits(R"(["\\",[[[0]]]])"));
}

TEST_CASE("what is no JSON is measured too", "[core][json]") {
    CHECK(fits(""));
    CHECK(fits("\"1234"));
    CHECK_FALSE(fits("\"12345678"));
    CHECK(fits("]]]]]]]]"));
    CHECK_FALSE(fits("[[[["));
    CHECK_FALSE(fits(",,,,,,,,"));
    CHECK(fits("\"\\"));
}

TEST_CASE("the place of what is too large is told", "[core][json]") {
    CHECK(find_excess("[0, [[[0]]]]", kSmall) == "nested deeper than 3, at byte 6");
}
