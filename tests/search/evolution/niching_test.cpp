// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/niching.h"

#include <algorithm>
#include <cmath>

#include "tests/support/catch.h"

namespace parnas::search {

TEST_CASE("points are measured from the ideal to the plane through the extremes",
          "[search][nsga3]") {
    // A front from (1, 30) to (3, 10), and a point behind it.
    const std::vector<double> values = {1, 30, 3, 10, 1.5, 15, 4, 40};
    const auto found = laid_on_plane({.values = values, .objectives = 2}, {0, 1, 2});
    const std::vector<std::vector<double>> expected = {{0, 1}, {1, 0}, {0.25, 0.25}, {1.5, 1.5}};
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
        for (std::size_t k = 0; k < 2; ++k)
            CHECK(found[i][k] == Approx(expected[i][k]).margin(1e-12));
}

TEST_CASE("without a plane the first front's largest values are the scale", "[search][nsga3]") {
    const std::vector<double> one = {2, 5, 4, 9};
    CHECK(laid_on_plane({.values = one, .objectives = 2}, {0}) ==
          std::vector<std::vector<double>>{{0, 0}, {2, 4}});
    // The extreme points of all three axes lie on one line.
    const std::vector<double> line = {0, 4, 4, 2, 0, 0};
    CHECK(laid_on_plane({.values = line, .objectives = 3}, {0, 1}) ==
          std::vector<std::vector<double>>{{0, 1, 1}, {1, 0, 0}});
}

TEST_CASE("a point belongs to the direction whose line is nearest", "[search][nsga3]") {
    const Directions directions = even_directions(2, 2);
    const std::vector<Niche> found = niches({{0.1, 2.0}, {3.0, 2.0}, {0.5, 0.0}}, directions);
    CHECK(found[0].direction == 0);
    CHECK(found[0].distance == Approx(0.1));
    CHECK(found[1].direction == 1);
    CHECK(found[1].distance == Approx(std::sqrt(0.5)));
    CHECK(found[2].direction == 2);
    CHECK(found[2].distance == Approx(0.0).margin(1e-12));
}

TEST_CASE("places go to the emptiest directions first", "[search][nsga3]") {
    Rng rng(1);
    // Direction 0 has a member, 1 has two, 2 and 3 none; nobody waits for 3.
    const std::vector<Niche> members = {{.direction = 0}, {.direction = 1}, {.direction = 1}};
    const std::vector<Niche> candidates = {{.direction = 1, .distance = 0.0},
                                           {.direction = 2, .distance = 0.5},
                                           {.direction = 2, .distance = 0.2},
                                           {.direction = 0, .distance = 0.1}};
    CHECK(fill_niches(members, candidates, 4, 1, rng) == std::vector<std::size_t>{2});
    for (int i = 0; i < 20; ++i) {
        std::vector<std::size_t> chosen = fill_niches(members, candidates, 4, 3, rng);
        CHECK(chosen.front() == 2);
        std::ranges::sort(chosen);
        CHECK(chosen == std::vector<std::size_t>{1, 2, 3});
    }
    CHECK(fill_niches(members, candidates, 4, 9, rng).size() == 4);
}

TEST_CASE("a direction with members takes any of its candidates", "[search][nsga3]") {
    Rng rng(2);
    const std::vector<Niche> members = {{.direction = 0}};
    const std::vector<Niche> candidates = {{.direction = 0, .distance = 0.1},
                                           {.direction = 0, .distance = 0.9}};
    int far = 0;
    for (int i = 0; i < 200; ++i)
        far += fill_niches(members, candidates, 1, 1, rng) == std::vector<std::size_t>{1} ? 1 : 0;
    CHECK(far > 60);
    CHECK(far < 140);
}

}  // namespace parnas::search
