// SPDX-License-Identifier: Apache-2.0
#include "search/gp/surrogate.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// A smooth function of random points of the unit square.
struct Data {
    std::vector<Eigen::RowVectorXd> points;
    std::vector<double> values;

    explicit Data(int count) {
        Rng rng(7);
        for (int i = 0; i < count; ++i) {
            const Eigen::RowVector2d point(rng.uniform(), rng.uniform());
            points.emplace_back(point);
            values.push_back(std::sin(3.0 * point[0]) + point[1] * point[1]);
        }
    }

    Surrogate make(const SurrogateOptions& options) const {
        return {options, [this](std::size_t count) {
                    return standardise(std::span(values).first(count)).values;
                }};
    }
};

SurrogateOptions options() {
    return {.axis_of = {0, 1}, .noise = Noise::none};
}

Points square(int count) {
    Rng rng(8);
    Points points(count, 2);
    for (double& each : points.reshaped())
        each = rng.uniform();
    return points;
}

}  // namespace

TEST_CASE("a surrogate predicts what it was not shown", "[search][gp]") {
    const Data data(60);
    Surrogate surrogate = data.make(options());
    for (int i = 0; i < 50; ++i)
        surrogate.add(data.points[static_cast<std::size_t>(i)]);
    surrogate.update();
    const Standardised scale = standardise(std::span(data.values).first(50));
    for (std::size_t i = 50; i < 60; ++i) {
        const Surrogate::Prediction predicted = surrogate.predict(data.points[i]);
        CHECK(scale.inverse(predicted.mean[0]) == Approx(data.values[i]).margin(0.02));
        CHECK(predicted.variance[0] < 0.05);
    }
}

TEST_CASE("a surrogate is the same whenever it was updated", "[search][gp]") {
    const Data data(75);
    SurrogateOptions few = options();
    few.most = 40;
    few.most_to_fit = 20;
    for (const SurrogateOptions& each : {options(), few}) {
        Surrogate often = data.make(each);
        Surrogate once = data.make(each);
        for (std::size_t i = 0; i < data.points.size(); ++i) {
            often.add(data.points[i]);
            once.add(data.points[i]);
            if (i % 3 == 0) {
                often.update();
                often.imagine(Eigen::RowVector2d(0.1, 0.9));
                often.imagine(Eigen::RowVector2d(0.2, 0.9));
            }
        }
        often.update();
        once.update();
        const Points points = square(5);
        CHECK(often.predict(points).mean == once.predict(points).mean);
        CHECK(often.predict(points).variance == once.predict(points).variance);
    }
}

TEST_CASE("of many observations a surrogate has the lowest and the newest", "[search][gp]") {
    const Data data(64);
    SurrogateOptions few = options();
    few.most = 20;
    Surrogate surrogate = data.make(few);
    for (const Eigen::RowVectorXd& point : data.points)
        surrogate.add(point);
    surrogate.update();
    const std::vector<std::size_t> observations = surrogate.fitted().observations;
    CHECK(observations.size() == 20);
    for (std::size_t i = 54; i < 64; ++i)
        CHECK(std::ranges::count(observations, i) == 1);
    const auto lowest = std::ranges::min_element(data.values) - data.values.begin();
    CHECK(std::ranges::count(observations, static_cast<std::size_t>(lowest)) == 1);
}

TEST_CASE("what is imagined is known afterwards and changes no mean", "[search][gp]") {
    const Data data(20);
    Surrogate surrogate = data.make(options());
    for (const Eigen::RowVectorXd& point : data.points)
        surrogate.add(point);
    surrogate.update();
    const Points points = square(4);
    const Surrogate::Prediction before = surrogate.predict(points);
    surrogate.imagine(points.row(0));
    const Surrogate::Prediction after = surrogate.predict(points);
    CHECK((after.mean - before.mean).cwiseAbs().maxCoeff() < 1e-3);
    CHECK(after.variance[0] < 0.01 * before.variance[0]);
    CHECK(surrogate.fitted().observations.back() == 20);
    surrogate.update();
    CHECK(surrogate.predict(points).variance == before.variance);
}

TEST_CASE("slopes of a prediction agree with finite differences", "[search][gp]") {
    const Data data(30);
    Surrogate surrogate = data.make(options());
    for (const Eigen::RowVectorXd& point : data.points)
        surrogate.add(point);
    surrogate.update();
    const Eigen::RowVectorXd point = Eigen::RowVector2d(1.3, -0.2);
    const Surrogate::Sloped sloped = surrogate.predict_sloped(point);
    const Surrogate::Prediction predicted = surrogate.predict(point);
    CHECK(sloped.mean == Approx(predicted.mean[0]));
    CHECK(sloped.stddev == Approx(std::sqrt(predicted.variance[0])));
    for (Eigen::Index k = 0; k < 2; ++k) {
        Eigen::RowVectorXd up = point;
        Eigen::RowVectorXd down = point;
        up[k] += 1e-5;
        down[k] -= 1e-5;
        const Surrogate::Sloped above = surrogate.predict_sloped(up);
        const Surrogate::Sloped below = surrogate.predict_sloped(down);
        CHECK(sloped.mean_slope[k] == Approx((above.mean - below.mean) / 2e-5).epsilon(1e-3));
        CHECK(sloped.stddev_slope[k] == Approx((above.stddev - below.stddev) / 2e-5).epsilon(1e-3));
    }
}

}  // namespace parnas::search
