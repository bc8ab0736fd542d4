// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/crowding.h"

#include <cmath>

#include "core/error.h"
#include "tests/search/fronts/small_inputs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::kInfinity;

std::vector<double> room(const std::vector<double>& values, std::size_t objectives) {
    return crowding_distances(tests::view(values, objectives));
}

}  // namespace

TEST_CASE("crowding distance is infinite at the ends and adds up the gaps between",
          "[search][fronts]") {
    const auto distances = room({0, 4, 1, 2, 4, 0}, 2);
    CHECK(std::isinf(distances[0]));
    CHECK(distances[1] == Approx(2.0));
    CHECK(std::isinf(distances[2]));
    CHECK(room({}, 0).empty());
    CHECK(std::isinf(room({1, 1}, 2)[0]));
}

TEST_CASE("an objective that is equal everywhere or infinite somewhere adds no room",
          "[search][fronts]") {
    CHECK(room({0, 4, 7, 1, 2, 7, 4, 0, 7}, 3)[1] == Approx(2.0));
    CHECK(room({0, 4, 1, 2, 3, 1, kInfinity, 0}, 2)[1] == Approx((4.0 - 1.0) / 4.0));
    CHECK_THROWS_AS(room({0, std::nan("")}, 2), Error);
}

}  // namespace parnas::search
