// SPDX-License-Identifier: Apache-2.0
#include "core/duration.h"

#include "tests/support/catch.h"

using namespace parnas;

TEST_CASE("durations have units", "[core][duration]") {
    CHECK(seconds_from_string("90").count() == 90.0);
    CHECK(seconds_from_string("250ms").count() == Approx(0.25));
    CHECK(seconds_from_string("1.5 h").count() == 5400.0);
    CHECK(seconds_from_string("2d").count() == 172800.0);
    for (const char* wrong : {"", "min", "5 fortnights", "0s", "-1s"})
        CHECK_THROWS_AS(seconds_from_string(wrong), Error);
}
