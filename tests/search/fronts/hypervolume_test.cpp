// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/hypervolume.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "search/fronts/hypervolume_contributions.h"
#include "tests/search/fronts/small_inputs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::kInfinity;

std::vector<double> contributions(const std::vector<Point>& points, const Point& reference) {
    return hypervolume_contributions(tests::view(rows_of(points), reference.size()), reference);
}

// Inclusion and exclusion over all subsets of boxes; exact for small integers.
double volume_by_inclusion(const std::vector<Point>& points, const Point& reference) {
    double volume = 0.0;
    for (std::size_t subset = 1; subset < (std::size_t{1} << points.size()); ++subset) {
        Point corner(reference.size(), -kInfinity);
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

// What the points that no other one dominates would lose without each.
template <typename Volume>
std::vector<double> contributions_by_difference(const std::vector<Point>& points,
                                                const Volume& volume_of) {
    std::vector<std::size_t> front;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (std::ranges::none_of(points, [&](const Point& p) { return dominates(p, points[i]); }))
            front.push_back(i);
    const auto volume_without = [&](std::size_t left_out) {
        std::vector<Point> rest;
        for (const std::size_t i : front)
            if (i != left_out)
                rest.push_back(points[i]);
        return volume_of(rest);
    };
    std::vector<double> result(points.size(), 0.0);
    for (const std::size_t i : front)
        result[i] = volume_without(points.size()) - volume_without(i);
    return result;
}

// All values are small integers, so volumes and their differences are exact.
void check_all_volumes(const std::vector<double>& levels,
                       std::size_t objectives,
                       std::size_t most) {
    Rng rng(1);
    std::size_t inputs = 0;
    for (const double corner : {levels.back(), levels.back() + 2}) {
        const Point reference(objectives, corner);
        tests::for_all_inputs(levels, objectives, most, [&](const std::vector<Point>& sorted) {
            const std::vector<Point> points = tests::shuffled(sorted, rng);
            const double volume = hypervolume(points, reference);
            const double expected = volume_by_inclusion(points, reference);
            const auto alone = contributions(points, reference);
            const auto expected_alone = contributions_by_difference(
                points, [&](const auto& some) { return volume_by_inclusion(some, reference); });
            if (volume != expected || alone != expected_alone) {
                CAPTURE(points, reference);
                REQUIRE(volume == expected);
                REQUIRE(alone == expected_alone);
            }
            ++inputs;
        });
    }
    CHECK(inputs > 100);
}

// Every point with one coordinate more, the same for all.
std::vector<Point> with_constant(std::vector<Point> points, double value) {
    for (Point& point : points)
        point.push_back(value);
    return points;
}

double share_by_chance(const std::vector<Point>& points, std::size_t objectives, int draws) {
    Rng rng(5);
    int hits = 0;
    for (int i = 0; i < draws; ++i) {
        const Point draw = tests::cloud(1, objectives, rng)[0];
        hits += std::ranges::any_of(points, [&](const Point& p) { return dominates(p, draw); });
    }
    return static_cast<double>(hits) / draws;
}

}  // namespace

TEST_CASE("hypervolumes and contributions of all small inputs equal inclusion and exclusion",
          "[search][fronts]") {
    check_all_volumes({-2, -1, 0, 1, 3}, 1, 4);
    check_all_volumes({-1, 0, 2}, 2, 5);
    check_all_volumes({0, 1}, 3, 5);
    check_all_volumes({-1, 0, 2}, 3, 3);
    check_all_volumes({0, 1}, 4, 4);
    check_all_volumes({0, 1}, 5, 3);
    check_all_volumes({0, 1}, 6, 2);
}

TEST_CASE("hypervolumes of random inputs equal inclusion and exclusion", "[search][fronts]") {
    Rng rng(2);
    for (const std::size_t objectives : {1U, 2U, 3U, 4U, 5U, 6U})
        for (const auto make : {tests::cloud, tests::sphere, tests::ties})
            for (int repetition = 0; repetition < 10; ++repetition) {
                const auto points = make(10, objectives, rng);
                const Point reference(objectives, 1.1);
                REQUIRE(hypervolume(points, reference) ==
                        Approx(volume_by_inclusion(points, reference)).margin(1e-12));
            }
}

TEST_CASE("each algorithm for the hypervolume agrees with that for an objective less",
          "[search][fronts]") {
    Rng rng(3);
    for (const std::size_t objectives : {2U, 3U, 4U, 5U}) {
        CAPTURE(objectives);
        const std::size_t count = objectives == 5 ? 20 : 60;
        for (const auto make : {tests::cloud, tests::sphere}) {
            const auto points = make(count, objectives, rng);
            const double volume = hypervolume(points, Point(objectives, 1.0));
            REQUIRE(hypervolume(with_constant(points, -1.0), Point(objectives + 1, 1.0)) ==
                    Approx(2.0 * volume));
            auto turned = points;
            for (Point& point : turned)
                std::rotate(point.begin(), point.begin() + 1, point.end());
            REQUIRE(hypervolume(turned, Point(objectives, 1.0)) == Approx(volume));
        }
    }
}

// 10,000 draws: at most four standard errors off, which each of five cases exceeds with a
// chance of 6e-5.
TEST_CASE("hypervolumes agree with the share of random points that is dominated",
          "[search][fronts]") {
    Rng rng(4);
    for (const std::size_t objectives : {2U, 3U, 4U, 5U, 6U}) {
        const auto points = tests::sphere(25, objectives, rng);
        const double volume = hypervolume(points, Point(objectives, 1.0));
        const double error = std::sqrt(volume * (1.0 - volume) / 10'000);
        CHECK(std::abs(volume - share_by_chance(points, objectives, 10'000)) < 4.0 * error);
    }
}

TEST_CASE("contributions of random inputs equal differences of hypervolumes", "[search][fronts]") {
    Rng rng(6);
    for (const std::size_t objectives : {1U, 2U, 3U, 4U, 5U})
        for (const auto make : {tests::cloud, tests::sphere, tests::ties}) {
            const auto points = make(objectives == 3 ? 100 : 20, objectives, rng);
            const Point reference(objectives, 2.0);
            const auto alone = contributions(points, reference);
            const auto expected = contributions_by_difference(
                points, [&](const auto& some) { return hypervolume(some, reference); });
            for (std::size_t i = 0; i < points.size(); ++i)
                REQUIRE(alone[i] == Approx(expected[i]).margin(1e-12));
        }
}

TEST_CASE("infinitely bad points add nothing, infinitely good ones all", "[search][fronts]") {
    for (const std::size_t objectives : {1U, 2U, 3U, 4U, 5U}) {
        CAPTURE(objectives);
        const Point reference(objectives, 2.0);
        const std::vector<Point> zero{Point(objectives - 1, 0.0)};
        const Point one(objectives, 1.0);
        const std::vector<Point> with_bad{with_constant(zero, kInfinity)[0], one};
        const std::vector<Point> with_good{with_constant(zero, -kInfinity)[0], one};
        CHECK(hypervolume(with_bad, reference) == 1.0);
        CHECK(contributions(with_bad, reference) == std::vector<double>{0.0, 1.0});
        CHECK(hypervolume(with_good, reference) == kInfinity);
        CHECK_THROWS_AS(contributions(with_good, reference), Error);
        CHECK(hypervolume(std::vector<Point>{one}, Point(objectives, kInfinity)) == kInfinity);
        CHECK(hypervolume(std::vector<Point>{Point(objectives, kInfinity)},
                          Point(objectives, kInfinity)) == 0.0);
    }
}

TEST_CASE("a hypervolume of nothing, with a NaN, or with a reference of another size",
          "[search][fronts]") {
    CHECK(hypervolume(std::vector<Point>{}, Point{1, 1}) == 0.0);
    CHECK(contributions({}, {1, 1}).empty());
    CHECK_THROWS_AS(hypervolume(std::vector<Point>{{std::nan(""), 0}}, Point{1, 1}), Error);
    CHECK_THROWS_AS(hypervolume(std::vector<Point>{{0, 0}}, Point{1, std::nan("")}), Error);
    CHECK_THROWS_AS(hypervolume(std::vector<Point>{{0, 0}}, Point{1, 1, 1}), Error);
}

}  // namespace parnas::search
