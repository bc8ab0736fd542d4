// SPDX-License-Identifier: Apache-2.0
#include "search/acquisition/hypervolume_improvement.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "search/acquisition/box_decomposition.h"
#include "search/acquisition/shortfall.h"
#include "search/fronts/hypervolume.h"
#include "tests/search/fronts/small_inputs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ExpectedHypervolumeImprovement improvement_on(const std::vector<std::vector<Point>>& fronts,
                                              const Point& reference) {
    std::vector<std::vector<double>> values;
    for (const auto& front : fronts)
        values.push_back(rows_of(front));
    std::vector<PointRows> rows;
    for (const auto& each : values)
        rows.push_back(tests::view(each, reference.size()));
    const Point lowest(reference.size(), -kInfinity);
    return {rows, {.lowest = lowest, .reference = reference}};
}

// What a point adds, as a difference of hypervolumes.
double gain(std::vector<Point> front, const Point& point, const Point& reference) {
    const std::vector<double> before = rows_of(front);
    front.push_back(point);
    const std::vector<double> after = rows_of(front);
    return hypervolume(tests::view(after, reference.size()), reference) -
           hypervolume(tests::view(before, reference.size()), reference);
}

double sampled_gain(const std::vector<Point>& front,
                    const Point& mean,
                    const Point& stddev,
                    const Point& reference) {
    constexpr int kDraws = 40'000;
    Rng rng(3);
    double sum = 0.0;
    for (int i = 0; i < kDraws; ++i) {
        Point draw = mean;
        for (std::size_t j = 0; j < draw.size(); ++j)
            draw[j] += stddev[j] * rng.normal();
        sum += gain(front, draw, reference);
    }
    return sum / kDraws;
}

// One is moved a little to both sides.
template <typename Function>
double slope(const Function& function, Point at, std::size_t i) {
    const double step = 1e-5 * std::max(1e-3, std::abs(at[i]));
    const double here = at[i];
    at[i] = here + step;
    const double above = function(at);
    at[i] = here - step;
    return (above - function(at)) / (2.0 * step);
}

void check_derivatives(const ExpectedHypervolumeImprovement& improvement,
                       const Point& mean,
                       const Point& stddev) {
    CAPTURE(mean, stddev);
    const LogImprovement found = improvement.log_improvement(mean, stddev);
    CHECK(found.value == Approx(improvement.log_value(mean, stddev)).epsilon(1e-9));
    const auto by_mean = [&](const Point& at) { return improvement.log_value(at, stddev); };
    const auto by_stddev = [&](const Point& at) { return improvement.log_value(mean, at); };
    for (std::size_t i = 0; i < mean.size(); ++i)
        CHECK(found.by_mean[i] == Approx(slope(by_mean, mean, i)).epsilon(1e-4).margin(1e-6));
    for (std::size_t i = 0; i < stddev.size(); ++i)
        CHECK(found.by_stddev[i] == Approx(slope(by_stddev, stddev, i)).epsilon(1e-4).margin(1e-6));
}

}  // namespace

TEST_CASE("the boxes of every small input are what its points do not dominate",
          "[search][acquisition]") {
    for (const std::size_t objectives : {1, 2, 3}) {
        const Point lowest(objectives, -kInfinity);
        const Point reference(objectives, 3.0);
        tests::for_all_inputs(
            {0.0, 1.0, 2.0, 3.0}, objectives, objectives == 3 ? 2 : 3, [&](const auto& points) {
                const std::vector<double> rows = rows_of(points);
                const BoxDecomposition boxes(tests::view(rows, objectives),
                                             {.lowest = lowest, .reference = reference});
                // The middles of all cells between the levels.
                std::size_t cells = 1;
                for (std::size_t j = 0; j < objectives; ++j)
                    cells *= 4;
                for (std::size_t cell = 0; cell < cells; ++cell) {
                    Point middle;
                    for (std::size_t j = 0, rest = cell; j < objectives; ++j, rest /= 4)
                        middle.push_back(static_cast<double>(rest % 4) - 0.5);
                    std::size_t covers = 0;
                    for (std::size_t i = 0; i < boxes.size(); ++i) {
                        bool inside = true;
                        for (std::size_t j = 0; j < objectives; ++j)
                            inside = inside && boxes.levels(j)[boxes.box(i)[2 * j]] < middle[j] &&
                                     middle[j] < boxes.levels(j)[boxes.box(i)[2 * j + 1]];
                        covers += inside ? 1 : 0;
                    }
                    const bool free = std::ranges::none_of(
                        points, [&](const Point& point) { return dominates(point, middle); });
                    if (covers != (free ? 1 : 0)) {
                        CAPTURE(points, middle);
                        REQUIRE(covers == (free ? 1 : 0));
                    }
                }
            });
    }
}

TEST_CASE("few boxes are needed", "[search][acquisition]") {
    Rng rng(1);
    for (const std::size_t objectives : {2, 3}) {
        const std::vector<double> rows = rows_of(tests::sphere(50, objectives, rng));
        const BoxDecomposition boxes(
            tests::view(rows, objectives),
            {.lowest = Point(objectives, 0.0), .reference = Point(objectives, 2.0)});
        CHECK(boxes.size() == (objectives == 2 ? 51 : 101));
    }
}

TEST_CASE("what is known exactly improves by what it adds to the hypervolume",
          "[search][acquisition]") {
    Rng rng(2);
    for (const std::size_t objectives : {1, 2, 3, 4, 5})
        for (int i = 0; i < 20; ++i) {
            std::vector<Point> front = tests::cloud(12, objectives, rng);
            for (const Point& point : tests::ties(4, objectives, rng))
                front.push_back(point);
            const Point reference(objectives, 0.9);
            const auto improvement = improvement_on({front}, reference);
            const Point mean = tests::cloud(1, objectives, rng)[0];
            CAPTURE(objectives, front, mean);
            CHECK(std::exp(improvement.log_value(mean, Point(objectives, 0.0))) ==
                  Approx(gain(front, mean, reference)).margin(1e-12));
        }
}

TEST_CASE("expected hypervolume improvement agrees with Monte Carlo", "[search][acquisition]") {
    Rng rng(4);
    for (const std::size_t objectives : {2, 3})
        for (const double spread : {0.05, 0.5})
            for (const bool first_known : {false, true}) {
                const std::vector<Point> front = tests::sphere(10, objectives, rng);
                const Point reference(objectives, 1.1);
                Point stddev(objectives, spread);
                stddev[0] = first_known ? 0.0 : 2.0 * spread;
                const Point mean(objectives, 0.35);
                const double expected = sampled_gain(front, mean, stddev, reference);
                CAPTURE(objectives, spread, first_known);
                // The error of the draws is about 1 %.
                CHECK(std::exp(improvement_on({front}, reference).log_value(mean, stddev)) ==
                      Approx(expected).epsilon(0.05));
            }
}

TEST_CASE("with one objective it is expected improvement", "[search][acquisition]") {
    const double mean = 0.3;
    const double stddev = 0.4;
    const double best = 0.1;
    const double z = (best - mean) / stddev;
    const double expected = (best - mean) * 0.5 * std::erfc(-z / std::sqrt(2.0)) +
                            stddev * std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::acos(-1.0));
    const double found = improvement_on({{{0.5}, {best}}}, {1.0})
                             .log_value(std::span(&mean, 1), std::span(&stddev, 1));
    CHECK(found == Approx(std::log(expected)));
}

TEST_CASE("the derivatives of expected hypervolume improvement are its slopes",
          "[search][acquisition]") {
    Rng rng(5);
    for (const std::size_t objectives : {1, 2, 3, 4}) {
        const auto improvement =
            improvement_on({tests::sphere(9, objectives, rng)}, Point(objectives, 1.2));
        for (const double distance : {-0.5, 0.3, 1.0, 3.0})
            for (const double spread : {0.02, 0.3}) {
                Point mean = tests::cloud(1, objectives, rng)[0];
                for (double& value : mean)
                    value = 0.3 * value + distance;
                check_derivatives(improvement, mean, Point(objectives, spread));
            }
    }
}

TEST_CASE("far from any improvement its logarithm still says where to go",
          "[search][acquisition]") {
    const auto improvement = improvement_on({{{0.0, 1.0}, {0.5, 0.5}, {1.0, 0.0}}}, {2.0, 2.0});
    const Point stddev{0.01, 0.01};
    double previous = improvement.log_value(Point{1.0, 1.0}, stddev);
    for (double at = 1.5; at < 1e6; at *= 2.0) {
        const Point mean{at, at};
        const LogImprovement found = improvement.log_improvement(mean, stddev);
        CAPTURE(at);
        CHECK(std::isfinite(found.value));
        CHECK(found.value < previous);
        CHECK(found.by_mean[0] < 0.0);
        CHECK(found.by_stddev[0] > 0.0);
        CHECK(std::exp(found.value) < 1e-200);
        previous = found.value;
    }
}

TEST_CASE("without a chance of improvement its logarithm is infinitely low and flat",
          "[search][acquisition]") {
    const auto improvement = improvement_on({{{0.0, 0.0}}}, {1.0, 1.0});
    const LogImprovement found =
        improvement.log_improvement(Point{0.5, -3.0}, std::vector<double>{0.0, 0.0});
    CHECK(std::isfinite(found.value));
    const LogImprovement none = improvement.log_improvement(Point{2.0, 0.5}, Point{0.0, 0.3});
    CHECK(none.value == -kInfinity);
    CHECK(none.by_mean == Point{0.0, 0.0});
    CHECK(none.by_stddev == Point{0.0, 0.0});
}

TEST_CASE("with several draws of the front the improvement is their average",
          "[search][acquisition]") {
    Rng rng(6);
    const Point reference{1.2, 1.2, 1.2};
    const Point stddev{0.1, 0.2, 0.05};
    std::vector<std::vector<Point>> fronts;
    Point means;
    double sum = 0.0;
    for (int draw = 0; draw < 4; ++draw) {
        fronts.push_back(tests::sphere(6, 3, rng));
        const Point mean = tests::cloud(1, 3, rng)[0];
        means.insert(means.end(), mean.begin(), mean.end());
        sum += std::exp(improvement_on({fronts.back()}, reference).log_value(mean, stddev));
    }
    const auto improvement = improvement_on(fronts, reference);
    CHECK(improvement.log_value(means, stddev) == Approx(std::log(sum / 4.0)));
    check_derivatives(improvement, means, stddev);
    // Far away too, where sums are of logarithms.
    for (double& value : means)
        value += 30.0;
    check_derivatives(improvement, means, stddev);
}

TEST_CASE("the logarithm of a shortfall goes over into its series without a step",
          "[search][acquisition]") {
    for (const double stddev : {1.0, 1e-3}) {
        const Shortfall above = log_expected_shortfall(-29.9999999 * stddev, 0.0, stddev);
        const Shortfall below = log_expected_shortfall(-30.0000001 * stddev, 0.0, stddev);
        CHECK(above.value == Approx(below.value).epsilon(1e-7));
        CHECK(above.by_mean == Approx(below.by_mean).epsilon(1e-7));
        CHECK(above.by_stddev == Approx(below.by_stddev).epsilon(1e-7));
    }
}

TEST_CASE("gains count no lower than the region says", "[search][acquisition]") {
    // A front at (1, 1), below the reference (3, 3): (0, 2) gains 2 by 1 and, of that, no less than
    // 0.5 by 1 in a region that begins at 0.5.
    const std::vector<double> front{1.0, 1.0};
    const std::vector<PointRows> fronts{tests::view(front, 2)};
    const Point lowest{0.5, -kInfinity};
    const Point reference{3.0, 3.0};
    const ExpectedHypervolumeImprovement limited(fronts,
                                                 {.lowest = lowest, .reference = reference});
    CHECK(limited.log_value(Point{0.0, 2.0}, Point{0.0, 0.0}) == Approx(std::log(0.5)));
    CHECK(limited.log_value(Point{0.0, -5.0}, Point{0.0, 0.0}) ==
          Approx(std::log(0.5 * 8.0 + 2.0 * 6.0)));
    check_derivatives(limited, Point{0.4, 1.5}, Point{0.2, 0.3});
    // A member of the front outside of it leaves nothing to gain beside it.
    const std::vector<double> outside{0.0, 1.0};
    const std::vector<PointRows> beyond{tests::view(outside, 2)};
    const ExpectedHypervolumeImprovement rest(beyond, {.lowest = lowest, .reference = reference});
    CHECK(rest.log_value(Point{0.0, 2.0}, Point{0.0, 0.0}) == -kInfinity);
    CHECK(rest.log_value(Point{0.0, 0.0}, Point{0.0, 0.0}) == Approx(std::log(2.5)));
    // Nor is there anything to gain where the whole region is dominated.
    const std::vector<double> all{0.0, 0.0};
    const std::vector<PointRows> whole{tests::view(all, 2)};
    const ExpectedHypervolumeImprovement none(whole, {.lowest = all, .reference = reference});
    CHECK(none.log_improvement(Point{0.5, 0.5}, Point{1.0, 1.0}).value == -kInfinity);
}

TEST_CASE("expected hypervolume improvement refuses sizes that do not match",
          "[search][acquisition]") {
    const auto improvement = improvement_on({{{0.0, 0.0}}}, {1.0, 1.0});
    CHECK_THROWS_AS(improvement.log_value(Point{0.0}, Point{0.0, 1.0}), Error);
    CHECK_THROWS_AS(improvement.log_improvement(Point{0.0, 1.0}, Point{1.0}), Error);
    CHECK_THROWS_AS(ExpectedHypervolumeImprovement({}, {.lowest = {}, .reference = {}}), Error);
}

}  // namespace parnas::search
