// SPDX-License-Identifier: Apache-2.0
#include "bench/summary.h"

#include <array>
#include <cmath>

#include "tests/support/catch.h"

namespace parnas::bench {

TEST_CASE("a summary has the sample's mean, spread and standard error", "[bench][summary]") {
    const Summary summary = summarise(std::array{2.0, 4.0, 6.0, 8.0});
    CHECK(summary.mean == 5.0);
    CHECK(summary.stddev == Approx(std::sqrt(20.0 / 3.0)));
    CHECK(summary.standard_error() == Approx(summary.stddev / 2.0));
    CHECK(summarise(std::array{3.0}).stddev == 0.0);
}

TEST_CASE("quartiles lie between values as NumPy's do", "[bench][summary]") {
    const Quartiles even = quartiles(std::array{4.0, 1.0, 3.0, 2.0});
    CHECK(even.q25 == 1.75);
    CHECK(even.median == 2.5);
    CHECK(even.q75 == 3.25);
    const Quartiles single = quartiles(std::array{7.0});
    CHECK(single.q25 == 7.0);
    CHECK(single.q75 == 7.0);
}

}  // namespace parnas::bench
