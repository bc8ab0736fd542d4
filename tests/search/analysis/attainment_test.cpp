// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/attainment.h"

#include <algorithm>
#include <vector>

#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using Runs = std::vector<std::vector<Point>>;

bool reaches(const std::vector<Point>& points, const Point& goal) {
    return std::ranges::any_of(
        points, [&goal](const Point& point) { return point[0] <= goal[0] && point[1] <= goal[1]; });
}

std::size_t count_that_reach(const Runs& runs, const Point& goal) {
    return static_cast<std::size_t>(std::ranges::count_if(
        runs, [&goal](const std::vector<Point>& run) { return reaches(run, goal); }));
}

}  // namespace

TEST_CASE("a goal is below the staircase iff enough runs reached it", "[search][analysis]") {
    Rng rng(1);
    for (int round = 0; round < 200; ++round) {
        Runs runs(1 + rng.below(4));
        for (auto& run : runs)
            for (std::uint64_t i = rng.below(5); i > 0; --i)
                run.push_back(
                    {static_cast<double>(rng.below(5)), static_cast<double>(rng.below(5))});
        for (std::size_t times = 1; times <= runs.size() + 1; ++times) {
            const std::vector<Point> corners = attainment(runs, times);
            for (double x = -0.5; x < 5.0; x += 0.5)
                for (double y = -0.5; y < 5.0; y += 0.5)
                    CHECK(reaches(corners, {x, y}) == (count_that_reach(runs, {x, y}) >= times));
            for (std::size_t i = 1; i < corners.size(); ++i) {
                CHECK(corners[i - 1][0] < corners[i][0]);
                CHECK(corners[i - 1][1] > corners[i][1]);
            }
        }
    }
}

TEST_CASE("one run's staircase is its front", "[search][analysis]") {
    const Runs runs{{{2.0, 1.0}, {1.0, 3.0}, {2.0, 2.0}, {3.0, 3.0}}};
    CHECK(attainment(runs, 1) == std::vector<Point>{{1.0, 3.0}, {2.0, 1.0}});
    CHECK(attainment(runs, 2).empty());
}

}  // namespace parnas::search
