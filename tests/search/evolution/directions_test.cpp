// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/directions.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "tests/support/catch.h"

namespace parnas::search {

TEST_CASE("even directions are all multiples of the step that sum to one", "[search][directions]") {
    CHECK(even_directions(2, 2) == Directions{{0.0, 1.0}, {0.5, 0.5}, {1.0, 0.0}});
    CHECK(even_directions(3, 1) == Directions{{0.0, 0.0, 1.0}, {0.0, 1.0, 0.0}, {1.0, 0.0, 0.0}});
    for (const std::size_t objectives : {1, 2, 3, 5, 8})
        for (const std::size_t divisions : {1, 2, 4, 6}) {
            const Directions all = even_directions(objectives, divisions);
            // Binomial of divisions + objectives - 1 over divisions.
            const double expected =
                std::round(std::exp(std::lgamma(static_cast<double>(divisions + objectives)) -
                                    std::lgamma(static_cast<double>(divisions) + 1.0) -
                                    std::lgamma(static_cast<double>(objectives))));
            CHECK(static_cast<double>(all.size()) == expected);
            CHECK(count_even_directions(objectives, divisions) == all.size());
            CHECK(std::set<std::vector<double>>(all.begin(), all.end()).size() == all.size());
            for (const std::vector<double>& each : all) {
                CHECK(each.size() == objectives);
                CHECK(std::accumulate(each.begin(), each.end(), 0.0) == Approx(1.0));
                CHECK(std::ranges::min(each) >= 0.0);
            }
        }
}

TEST_CASE("the sizes of reference sets are those of the paper", "[search][directions]") {
    // Deb and Jain, table I.
    CHECK(even_directions(3, 12).size() == 91);
    CHECK(even_directions(5, 6).size() == 210);
    CHECK(layered_directions(8, 3, 2).size() == 156);
    CHECK(layered_directions(10, 3, 2).size() == 275);
    CHECK(layered_directions(15, 2, 1).size() == 135);
}

TEST_CASE("the inner layer lies half-way to the middle", "[search][directions]") {
    const Directions all = layered_directions(4, 1, 1);
    REQUIRE(all.size() == 8);
    CHECK(all[7] == std::vector<double>{0.625, 0.125, 0.125, 0.125});
}

TEST_CASE("there are as many directions as places", "[search][directions]") {
    CHECK(directions_up_to(1, 20) == Directions{{1.0}});
    CHECK(directions_up_to(2, 20).size() == 20);
    CHECK(directions_up_to(3, 20).size() == 15);
    CHECK(directions_up_to(3, 21).size() == 21);
    CHECK(directions_up_to(5, 4).size() == 5);
    // Even ones would have three divisions, fewer than objectives: 15 and 5 in the middle.
    CHECK(directions_up_to(5, 20) == layered_directions(5, 2, 1));
}

}  // namespace parnas::search
