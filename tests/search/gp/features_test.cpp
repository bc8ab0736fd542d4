// SPDX-License-Identifier: Apache-2.0
#include "search/gp/features.h"

#include <cmath>

#include <Eigen/Eigenvalues>

#include "search/gp/kernel.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using tests::FakeSpace;

double distance(const Features& features, const Genotype& a, const Genotype& b) {
    return (features.point(a) - features.point(b)).norm();
}

// "kind" wakes the number "depth" or the choice "act".
FakeSpace conditional_space() {
    const auto when = [](std::int64_t choice) {
        return spaces::Condition{.parent = 0, .active = spaces::ChoiceSet{{choice}}};
    };
    return FakeSpace(
        {.name = "conditional@1",
         .params = {
             tests::categorical("kind", 3),
             {.name = "depth",
              .domain = spaces::Real{.low = 0.0, .high = 2.0},
              .condition = when(0)},
             {.name = "act", .domain = spaces::Categorical{{"a", "b", "c"}}, .condition = when(1)},
             tests::categorical("alone", 1),
             {.name = "lr", .domain = spaces::Real{.low = 1e-4, .high = 1.0, .log = true}}}});
}

}  // namespace

TEST_CASE("numbers lie on a line and choices are all as far from each other", "[search][gp]") {
    const FakeSpace space = conditional_space();
    const Features features(space.params());
    CHECK(features.axes().size() == 4);
    CHECK(features.coordinates() == 3 + 2 + 3 + 1);
    CHECK(features.axis_of() == std::vector<Eigen::Index>{0, 0, 0, 1, 1, 2, 2, 2, 3});
    const std::int64_t zero = 0;
    const auto lr = [&](double value) {
        return Genotype{{std::int64_t{2}, 0.0, zero, zero, value}};
    };
    CHECK(distance(features, lr(1e-4), lr(1e-2)) == Approx(0.5));
    const auto act = [&](std::int64_t value) {
        return Genotype{{std::int64_t{1}, 0.0, value, zero, 1.0}};
    };
    CHECK(distance(features, act(0), act(1)) == Approx(1.0));
    CHECK(distance(features, act(0), act(2)) == Approx(1.0));
}

TEST_CASE("an inactive parameter is about as far from each value as they from each other",
          "[search][gp]") {
    const FakeSpace space = conditional_space();
    const Features features(space.params());
    const std::int64_t zero = 0;
    const auto with = [&](std::int64_t kind, double depth) {
        return Genotype{{kind, depth, zero, zero, 1.0}};
    };
    const auto conditional = [&](const Genotype& a, const Genotype& b) {
        return (features.point(a) - features.point(b)).segment(3, 2).norm();
    };
    CHECK(conditional(with(0, 0.5), with(2, 0.0)) == Approx(1.0));
    CHECK(conditional(with(0, 2.0), with(2, 0.0)) == Approx(1.0));
    CHECK(conditional(with(1, 0.0), with(2, 0.0)) == 0.0);
    CHECK(conditional(with(0, 0.0), with(0, 2.0)) == Approx(1.0).epsilon(0.05));
    CHECK(conditional(with(0, 1.0), with(0, 1.2)) == Approx(0.1).epsilon(0.001));
}

TEST_CASE("a kernel of genotypes is positive definite also across conditions", "[search][gp]") {
    const FakeSpace space = conditional_space();
    const Features features(space.params());
    Rng rng(3);
    Points points(60, features.coordinates());
    for (Eigen::Index i = 0; i < points.rows(); ++i)
        points.row(i) = features.point(spaces::sample(space.params(), rng));
    const Matern kernel{.weights = Eigen::VectorXd::Constant(features.coordinates(), 0.3)};
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(kernel.gram(points));
    CHECK(solver.eigenvalues().minCoeff() > -1e-10);
}

TEST_CASE("a place and its slope agree with finite differences", "[search][gp]") {
    const FakeSpace space = conditional_space();
    const Features features(space.params());
    const Eigen::RowVectorXd gradient =
        Eigen::RowVectorXd::LinSpaced(features.coordinates(), -1.0, 2.0);
    for (const std::size_t which : {1, 3}) {
        const Features::Axis& axis = features.axes()[which];
        const auto at = [&](double position) {
            Eigen::RowVectorXd point = Eigen::RowVectorXd::Zero(features.coordinates());
            Features::place(axis, position, point);
            return point.dot(gradient);
        };
        CHECK(Features::slope(axis, 0.3, gradient) ==
              Approx((at(0.3 + 1e-6) - at(0.3 - 1e-6)) / 2e-6));
    }
}

}  // namespace parnas::search
