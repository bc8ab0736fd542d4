// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/hypervolume_subset.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "search/pareto.h"
#include "tests/search/fronts/small_inputs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using Places = std::vector<std::size_t>;

// As long as any is left, the one that adds most, measured anew each time.
Places slow_subset(const std::vector<Point>& points, const Point& reference, std::size_t count) {
    Places chosen;
    std::vector<Point> with;
    while (chosen.size() < std::min(count, points.size())) {
        double best = -1.0;
        std::size_t place = 0;
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (std::ranges::find(chosen, i) != chosen.end())
                continue;
            with.push_back(points[i]);
            const double volume = hypervolume(with, reference);
            with.pop_back();
            if (volume > best) {
                best = volume;
                place = i;
            }
        }
        chosen.push_back(place);
        with.push_back(points[place]);
    }
    return chosen;
}

}  // namespace

TEST_CASE("points are chosen by what they add to those before", "[search][fronts]") {
    const std::vector<double> values{0, 3, 1, 1, 1.25, 0.75, 3, 0};
    const Point reference{4, 4};
    CHECK(hypervolume_subset(tests::view(values, 2), reference, 3) == Places{1, 0, 3});
    CHECK(hypervolume_subset(tests::view(values, 2), reference, 9).size() == 4);
    CHECK(hypervolume_subset(tests::view({}, 2), reference, 2).empty());
    CHECK_THROWS_AS(hypervolume_subset(tests::view(values, 2), Point{1}, 1), Error);
}

TEST_CASE("gains that are measured late lead to the same points", "[search][fronts]") {
    Rng rng(5);
    for (const std::size_t objectives : {2, 3, 4})
        for (int round = 0; round < 10; ++round) {
            std::vector<Point> points = tests::cloud(30, objectives, rng);
            for (Point& point : points) {  // onto a sphere: all are on the front
                double squares = 0.0;
                for (const double value : point)
                    squares += value * value;
                for (double& value : point)
                    value = 1.0 - value / std::sqrt(squares);
            }
            const std::vector<double> rows = rows_of(points);
            const Point reference(objectives, 1.1);
            CHECK(hypervolume_subset(tests::view(rows, objectives), reference, 12) ==
                  slow_subset(points, reference, 12));
        }
}

}  // namespace parnas::search
