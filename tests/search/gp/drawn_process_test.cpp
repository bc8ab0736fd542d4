// SPDX-License-Identifier: Apache-2.0
#include "search/gp/drawn_process.h"

#include <cmath>

#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

constexpr Eigen::Index kDraws = 400;

Eigen::MatrixXd random_normals(Eigen::Index rows, Rng& rng) {
    return Eigen::MatrixXd::NullaryExpr(rows, kDraws, [&] { return rng.normal(); });
}

struct Example {
    Matern kernel{.weights = Eigen::VectorXd::Constant(1, 9.0), .variance = 1.5};
    Points points = Eigen::VectorXd::LinSpaced(6, 0.0, 0.6);
    Eigen::VectorXd targets = (points.col(0).array() * 5.0).sin();
    Points pending = Points::Constant(1, 1, 0.9);
    double noise = 0.02;

    DrawnProcess make(const Points& still_pending, bool noisy, Rng& rng) const {
        const Eigen::MatrixXd normals =
            random_normals(still_pending.rows() + (noisy ? points.rows() : 0), rng);
        return {kernel,
                {.points = points, .targets = targets, .noise = noise},
                {.pending = still_pending, .noisy = noisy, .normals = normals}};
    }
};

double variance_of(const Eigen::VectorXd& values) {
    return (values.array() - values.mean()).square().mean();
}

}  // namespace

TEST_CASE("with nothing unknown there is one draw, what was observed", "[search][gp]") {
    Rng rng(1);
    const Example example;
    const DrawnProcess process = example.make(Points(0, 1), false, rng);
    CHECK(process.values() == example.targets);
    Posterior posterior(example.kernel.gram(example.points), example.noise);
    posterior.set_targets(example.targets);
    const Points place = Points::Constant(1, 1, 0.33);
    const Eigen::MatrixXd cross = example.kernel.cross(example.points, place);
    const Prediction found = process.predict(place);
    CHECK(found.means(0, 0) == Approx(posterior.mean(cross)[0]));
    CHECK(found.stddevs[0] ==
          Approx(std::sqrt(posterior.variance(
              cross, Eigen::VectorXd::Constant(1, example.kernel.variance))[0])));
}

// A draw of something unknown and what is then predicted elsewhere are together what is predicted
// there at first: the law of total variance.
TEST_CASE("draws are as uncertain as what they stand for", "[search][gp]") {
    Rng rng(2);
    Example example;
    const Points place = Points::Constant(1, 1, 0.8);
    for (const bool noisy : {false, true}) {
        CAPTURE(noisy);
        if (!noisy)
            example.noise = 1e-6;
        const Prediction before = example.make(Points(0, 1), false, rng).predict(place);
        const DrawnProcess drawn = example.make(example.pending, noisy, rng);
        const Prediction after = drawn.predict(place);
        REQUIRE(after.means.cols() == kDraws);
        CHECK(drawn.values().rows() == 7);
        const Eigen::VectorXd means = after.means.row(0);
        CHECK(means.mean() == Approx(before.means(0, 0)).margin(4.0 * before.stddevs[0] / 20.0));
        CHECK(after.stddevs[0] < 0.8 * before.stddevs[0]);
        CHECK(variance_of(means) + std::pow(after.stddevs[0], 2) ==
              Approx(std::pow(before.stddevs[0], 2)).epsilon(0.2));
        // Where a draw was made nothing is unknown any more.
        const Prediction there = drawn.predict(example.pending);
        CHECK(there.stddevs[0] < 0.01);
        CHECK((there.means.row(0) - drawn.values().row(6)).cwiseAbs().maxCoeff() < 0.01);
        example = Example();
    }
}

TEST_CASE("gradients of drawn processes agree with finite differences", "[search][gp]") {
    Rng rng(3);
    const Example example;
    const DrawnProcess process = example.make(example.pending, true, rng);
    const Eigen::VectorXd by_means = Eigen::VectorXd::LinSpaced(kDraws, -1.0, 2.0);
    const auto value = [&](double at) {
        const Prediction found = process.predict(Points::Constant(1, 1, at));
        return found.means.row(0).dot(by_means) + 30.0 * found.stddevs[0];
    };
    for (const double at : {0.25, 0.7, 1.0}) {
        const DrawnProcess::Local local = process.at(Eigen::RowVectorXd::Constant(1, at));
        CHECK(local.means.dot(by_means) + 30.0 * local.stddev == Approx(value(at)));
        const double slope = (value(at + 1e-5) - value(at - 1e-5)) / 2e-5;
        CHECK(process.gradient(local, by_means, 30.0)[0] == Approx(slope).epsilon(1e-3));
    }
}

}  // namespace parnas::search
