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

std::vector<std::size_t> ranks_by_peeling(const std::vector<Point>& points) {
    std::vector<std::size_t> ranks(points.size(), std::numeric_limits<std::size_t>::max());
    std::size_t ranked = 0;
    for (std::size_t rank = 0; ranked < points.size(); ++rank) {
        std::vector<std::size_t> front;
        for (std::size_t i = 0; i < points.size(); ++i) {
            const auto free_and_better = [&](std::size_t j) {
                return ranks[j] >= rank && dominates(points[j], points[i]);
            };
            bool dominated = ranks[i] < rank;
            for (std::size_t j = 0; j < points.size(); ++j)
                dominated = dominated || free_and_better(j);
            if (!dominated)
                front.push_back(i);
        }
        for (const std::size_t i : front)
            ranks[i] = rank;
        ranked += front.size();
    }
    return ranks;
}

// Inclusion and exclusion over all subsets of boxes.
double volume_by_inclusion(const std::vector<Point>& points, const Point& reference) {
    double volume = 0.0;
    for (std::size_t subset = 1; subset < (std::size_t{1} << points.size()); ++subset) {
        Point corner(reference.size(), -std::numeric_limits<double>::infinity());
        int members = 0;
        for (std::size_t i = 0; i < points.size(); ++i) {
            if ((subset >> i & 1) == 0)
                continue;
            ++members;
            for (std::size_t j = 0; j < corner.size(); ++j)
                corner[j] = std::max(corner[j], points[i][j]);
        }
        double box = 1.0;
        for (std::size_t j = 0; j < corner.size(); ++j)
            box *= std::max(0.0, reference[j] - corner[j]);
        volume += members % 2 == 1 ? box : -box;
    }
    return volume;
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

TEST_CASE("equal points do not dominate each other", "[search][pareto]") {
    CHECK(dominates(Point{1, 2}, Point{1, 3}));
    CHECK_FALSE(dominates(Point{1, 3}, Point{1, 2}));
    CHECK_FALSE(dominates(Point{1, 2}, Point{1, 2}));
    CHECK_FALSE(dominates(Point{0, 3}, Point{1, 2}));
}

TEST_CASE("ranks equal those of peeling off one front after another", "[search][pareto]") {
    Rng rng(1);
    for (const std::size_t objectives : {1U, 2U, 3U, 4U})
        for (int repetition = 0; repetition < 200; ++repetition) {
            const auto points = small_input(1 + rng.below(12), objectives, rng);
            REQUIRE(non_dominated_ranks(points) == ranks_by_peeling(points));
        }
    CHECK(non_dominated_ranks({}).empty());
}

TEST_CASE("crowding distance is infinite at the ends and adds up the gaps between",
          "[search][pareto]") {
    const std::vector<Point> front{{0, 4}, {1, 2}, {4, 0}};
    const auto distances = crowding_distances(front);
    CHECK(std::isinf(distances[0]));
    CHECK(distances[1] == Approx(2.0));
    CHECK(std::isinf(distances[2]));
    CHECK(crowding_distances({}).empty());
    CHECK(std::isinf(crowding_distances(std::vector<Point>{{1, 1}})[0]));
}

TEST_CASE("the hypervolume equals inclusion and exclusion of boxes", "[search][pareto]") {
    Rng rng(2);
    for (const std::size_t objectives : {1U, 2U, 3U, 4U, 5U})
        for (int repetition = 0; repetition < 100; ++repetition) {
            const auto points = small_input(rng.below(8), objectives, rng);
            const Point reference(objectives, 3.0);  // points at 3 lie outside
            REQUIRE(hypervolume(points, reference) ==
                    Approx(volume_by_inclusion(points, reference)).margin(1e-9));
        }
}

TEST_CASE("the archive equals comparing all points, in any order of insertion",
          "[search][pareto]") {
    Rng rng(3);
    for (const std::size_t objectives : {1U, 2U, 3U})
        for (int repetition = 0; repetition < 200; ++repetition) {
            const auto points = small_input(1 + rng.below(10), objectives, rng);
            ParetoArchive archive;
            std::vector<TrialNumber> members;
            for (const std::size_t i : rng.sample(points.size(), points.size())) {
                const auto change = archive.insert(static_cast<TrialNumber>(i), points[i]);
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
