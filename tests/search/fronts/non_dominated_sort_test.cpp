// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/non_dominated_sort.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "tests/search/fronts/small_inputs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::kInfinity;

using Ranks = std::vector<std::size_t>;

Ranks ranks_of(const std::vector<Point>& points) {
    return non_dominated_sort(tests::view(rows_of(points), points.empty() ? 0 : points[0].size()));
}

// One front after another, by comparing all with all that are left.
Ranks ranks_by_peeling(const std::vector<Point>& points) {
    constexpr std::size_t kUnranked = std::numeric_limits<std::size_t>::max();
    Ranks ranks(points.size(), kUnranked);
    std::size_t ranked = 0;
    for (std::size_t rank = 0; ranked < points.size(); ++rank) {
        std::vector<std::size_t> front;
        for (std::size_t i = 0; i < points.size(); ++i) {
            bool free = ranks[i] == kUnranked;
            for (std::size_t j = 0; j < points.size() && free; ++j)
                free = ranks[j] != kUnranked || !dominates(points[j], points[i]);
            if (free)
                front.push_back(i);
        }
        for (const std::size_t i : front)
            ranks[i] = rank;
        ranked += front.size();
    }
    return ranks;
}

void check_all_ranks(const std::vector<double>& levels, std::size_t objectives, std::size_t most) {
    Rng rng(1);
    std::size_t inputs = 0;
    tests::for_all_inputs(levels, objectives, most, [&](const std::vector<Point>& sorted) {
        const std::vector<Point> points = tests::shuffled(sorted, rng);
        const Ranks ranks = ranks_of(points);
        const Ranks expected = ranks_by_peeling(points);
        if (ranks != expected) {
            CAPTURE(points);
            REQUIRE(ranks == expected);
        }
        ++inputs;
    });
    CHECK(inputs > 100);
}

}  // namespace

TEST_CASE("ranks of all small inputs equal those of peeling off one front after another",
          "[search][fronts]") {
    check_all_ranks({0, 1, 2, 3, 4}, 1, 5);
    check_all_ranks({0, 1, 2}, 2, 5);
    check_all_ranks({0, 1}, 3, 5);
    check_all_ranks({0, 1, 2}, 3, 3);
    check_all_ranks({0, 1}, 4, 4);
    check_all_ranks({0, 1}, 5, 3);
}

TEST_CASE("infinite values are ranked like all others", "[search][fronts]") {
    check_all_ranks({-kInfinity, 0, kInfinity}, 2, 4);
    check_all_ranks({-kInfinity, 0, kInfinity}, 3, 2);
    check_all_ranks({-kInfinity, kInfinity}, 4, 3);
}

TEST_CASE("ranks of many points equal those of peeling off one front after another",
          "[search][fronts]") {
    Rng rng(2);
    for (const std::size_t objectives : {1U, 2U, 3U, 4U, 5U, 7U}) {
        CAPTURE(objectives);
        for (const auto make : {tests::cloud, tests::ties, tests::sphere})
            for (const std::size_t count : {63U, 64U, 65U, 300U}) {
                const auto points = make(count, objectives, rng);
                REQUIRE(ranks_of(points) == ranks_by_peeling(points));
            }
    }
    // More than the sets that are kept, so that there are points between two of them.
    const auto points = tests::cloud(600, 4, rng);
    CHECK(ranks_of(points) == ranks_by_peeling(points));
}

TEST_CASE("a chain has one point on each front, and equal points have one rank",
          "[search][fronts]") {
    for (const std::size_t objectives : {1U, 2U, 3U, 4U}) {
        std::vector<Point> chain;
        for (int i = 0; i < 200; ++i)
            chain.insert(chain.end(), 2, Point(objectives, i));
        const Ranks ranks = ranks_of(chain);
        for (std::size_t i = 0; i < chain.size(); ++i)
            REQUIRE(ranks[i] == i / 2);
    }
}

TEST_CASE("sorting nothing, a NaN and half a row", "[search][fronts]") {
    CHECK(ranks_of({}).empty());
    CHECK_THROWS_AS(ranks_of({{0.0, std::nan("")}}), Error);
    CHECK_THROWS_AS(non_dominated_sort(tests::view({1, 2, 3}, 2)), Error);
}

TEST_CASE("equal points do not dominate each other", "[search][fronts]") {
    CHECK(dominates(Point{1, 2}, Point{1, 3}));
    CHECK_FALSE(dominates(Point{1, 3}, Point{1, 2}));
    CHECK_FALSE(dominates(Point{1, 2}, Point{1, 2}));
    CHECK_FALSE(dominates(Point{0, 3}, Point{1, 2}));
}

}  // namespace parnas::search
