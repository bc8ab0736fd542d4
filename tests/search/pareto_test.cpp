// SPDX-License-Identifier: Apache-2.0
#include "search/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// Values from a small grid, so that ties and duplicates are common.
std::vector<Point> small_input(std::size_t count, std::size_t objectives, Rng& rng) {
    std::vector<Point> points(count, Point(objectives));
    for (Point& point : points)
        for (double& value : point)
            value = static_cast<double>(rng.below(4));
    return points;
}

std::vector<TrialNumber> front_by_comparing_all(const std::vector<Point>& points) {
    std::vector<TrialNumber> front;
    for (std::size_t i = 0; i < points.size(); ++i) {
        bool beaten = false;
        for (std::size_t j = 0; j < points.size(); ++j)
            beaten = beaten || dominates(points[j], points[i]) || (j < i && points[j] == points[i]);
        if (!beaten)
            front.push_back(static_cast<TrialNumber>(i));
    }
    return front;
}

std::vector<TrialNumber> numbers(const ParetoArchive& archive) {
    std::vector<TrialNumber> numbers;
    for (const auto& [number, point] : archive.members())
        numbers.push_back(number);
    return numbers;
}

}  // namespace

TEST_CASE("the archive equals comparing all points, in any order of insertion",
          "[search][pareto]") {
    Rng rng(3);
    for (const std::size_t objectives : {1U, 2U, 3U})
        for (int repetition = 0; repetition < 200; ++repetition) {
            const auto points = small_input(1 + rng.below(10), objectives, rng);
            ParetoArchive archive;
            std::vector<TrialNumber> members;
            for (const std::size_t i : rng.sample(points.size(), points.size())) {
                const bool would_enter = archive.would_enter(points[i]);
                const auto change = archive.insert(static_cast<TrialNumber>(i), points[i]);
                // Of equal points the one with the lowest number stays.
                const bool takes_place =
                    std::ranges::any_of(change.left, [&](const TrialNumber gone) {
                        return points[static_cast<std::size_t>(gone)] == points[i];
                    });
                CHECK(would_enter == (change.entered && !takes_place));
                if (change.entered)
                    members.push_back(static_cast<TrialNumber>(i));
                for (const TrialNumber gone : change.left)
                    REQUIRE(std::erase(members, gone) == 1);
            }
            std::ranges::sort(members);
            REQUIRE(members == front_by_comparing_all(points));
            REQUIRE(numbers(archive) == members);
        }
}

TEST_CASE("an archive given a NaN or a number twice reports a bug", "[search][pareto]") {
    ParetoArchive archive;
    archive.insert(0, {1.0});
    CHECK_THROWS_AS(archive.insert(0, {0.5}), Error);
    CHECK_THROWS_AS(archive.insert(1, {std::nan("")}), Error);
    CHECK(numbers(archive) == std::vector<TrialNumber>{0});
}

TEST_CASE("the worst point has each objective's largest value", "[search][pareto]") {
    CHECK(worst_point(std::vector<Point>{{1, 5}, {3, 2}}) == Point{3, 5});
    CHECK(worst_point({}).empty());
}

}  // namespace parnas::search
