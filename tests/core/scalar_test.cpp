// SPDX-License-Identifier: Apache-2.0
#include "core/scalar.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;

TEST_CASE("a scalar comes back from JSON with its type", "[core][scalar]") {
    const Scalar scalar = GENERATE(Scalar(),
                                   Scalar(true),
                                   Scalar(std::int64_t{1}),
                                   Scalar(1.0),
                                   Scalar(std::numeric_limits<std::int64_t>::min()),
                                   Scalar(std::string("1")));
    CHECK(scalar_from_json(parse_json(dump_json(to_json(scalar)), "test")) == scalar);
}

TEST_CASE("a scalar's text tells an integer from a real", "[core][scalar]") {
    CHECK(to_string(Scalar()) == "null");
    CHECK(to_string(Scalar(false)) == "false");
    CHECK(to_string(Scalar(std::int64_t{-3})) == "-3");
    CHECK(to_string(Scalar(1.0)) == "1.0");
    CHECK(to_string(Scalar(0.1)) == "0.1");
    CHECK(to_string(Scalar(-std::numeric_limits<double>::infinity())) == "-Infinity");
    CHECK(to_string(Scalar(std::string("a \"b\""))) == "a \"b\"");
}

TEST_CASE("an array, an object and an integer above 64 bits are no scalars", "[core][scalar]") {
    const std::string text = GENERATE("[]", "{}", "9223372036854775808");
    CHECK_THROWS_AS(scalar_from_json(parse_json(text, "test")), Error);
}
