// SPDX-License-Identifier: Apache-2.0
#include "core/units.h"

#include <type_traits>

#include "tests/support/catch.h"

using namespace parnas;

TEST_CASE("a power over a time is an energy, whatever unit the time has", "[core][units]") {
    CHECK(Watts(2.0) * Milliseconds(3.0) == Millijoules(6.0));
    CHECK(Watts(2.0) * Seconds(3.0) == Millijoules(6000.0));
}

TEST_CASE("amounts of one unit add, scale and compare", "[core][units]") {
    CHECK(Bytes(3) + Bytes(4) == Bytes(7));
    CHECK(Bytes(3) - Bytes(4) < Bytes(0));
    CHECK(2 * Bytes(4) == Bytes(8));
    CHECK(Millijoules(0.5) < Millijoules(0.75));
}

TEST_CASE("numbers and other units are no amounts by themselves", "[core][units]") {
    STATIC_REQUIRE_FALSE(std::is_convertible_v<double, Millijoules>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Millijoules, double>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<Millijoules, Watts>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<double, Milliseconds>);
    STATIC_REQUIRE(sizeof(Watts) == sizeof(double));
}
