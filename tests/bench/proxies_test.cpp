// SPDX-License-Identifier: Apache-2.0
#include "bench/proxies.h"

#include <cmath>

#include "tests/support/catch.h"

using namespace parnas;

TEST_CASE("Spearman's correlation sees order alone and shares ranks", "[bench][proxies]") {
    using bench::spearman;
    CHECK(spearman({1, 2, 3}, {10, 100, 1000}) == Approx(1.0));
    CHECK(spearman({1, 2, 3}, {3, 2, 1}) == Approx(-1.0));
    CHECK(spearman({1, 1, 1}, {3, 2, 1}) == 0.0);
    // Ranks 1.5, 1.5, 3 against 1, 2, 3: 1.5 / sqrt(1.5 * 2).
    CHECK(spearman({5, 5, 1}, {9, 8, 7}) == Approx(1.5 / std::sqrt(3.0)));
}
