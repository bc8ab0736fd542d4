// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/margin.h"

#include <cmath>
#include <vector>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

double below(const Marginal& marginal, double x) {
    return 0.5 * std::erfc((marginal.mean - x) / marginal.spread / std::sqrt(2.0));
}

const std::vector<double> kQuarters = {0.25, 0.5, 0.75};

}  // namespace

TEST_CASE("a marginal that leaves its cell often enough stays as it is", "[search][cma_es]") {
    const Marginal wide{.mean = 0.4, .spread = 0.2};
    CHECK(with_margin(wide, kQuarters, 0.05) == wide);
    const Marginal low{.mean = 0.1, .spread = 0.2};
    CHECK(with_margin(low, kQuarters, 0.05) == low);
}

TEST_CASE("in an inner cell both sides keep half of the margin", "[search][cma_es]") {
    const Marginal narrow = with_margin({.mean = 0.4, .spread = 1e-9}, kQuarters, 0.06);
    CHECK(below(narrow, 0.25) == Approx(0.03).epsilon(1e-6));
    CHECK(1.0 - below(narrow, 0.5) == Approx(0.03).epsilon(1e-6));
    CHECK(narrow.mean == Approx(0.375));
    // Where one side has more than its half, it keeps more.
    const Marginal skew = with_margin({.mean = 0.45, .spread = 0.04}, kQuarters, 0.06);
    CHECK(below(skew, 0.25) == Approx(0.03).epsilon(1e-6));
    CHECK(1.0 - below(skew, 0.5) == Approx(0.104).epsilon(0.02));
    CHECK(skew.mean > narrow.mean);
}

TEST_CASE("in an outer cell the mean comes back until the other side has the margin",
          "[search][cma_es]") {
    for (const double far : {-5.0, 0.01}) {
        const Marginal kept = with_margin({.mean = far, .spread = 1e-3}, kQuarters, 0.06);
        CHECK(kept.spread == 1e-3);
        CHECK(1.0 - below(kept, 0.25) == Approx(0.06).epsilon(1e-6));
    }
    const Marginal high = with_margin({.mean = 0.9, .spread = 0.01}, kQuarters, 0.06);
    CHECK(below(high, 0.75) == Approx(0.06).epsilon(1e-6));
    const Marginal two = with_margin({.mean = 0.2, .spread = 0.01}, std::vector{0.5}, 0.06);
    CHECK(1.0 - below(two, 0.5) == Approx(0.06).epsilon(1e-6));
}

}  // namespace parnas::search
