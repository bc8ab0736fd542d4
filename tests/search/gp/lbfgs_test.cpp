// SPDX-License-Identifier: Apache-2.0
#include "search/gp/lbfgs.h"

#include <cmath>
#include <limits>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

double rosenbrock(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    gradient.setZero();
    double sum = 0.0;
    for (Eigen::Index i = 0; i + 1 < x.size(); ++i) {
        const double bend = x[i + 1] - x[i] * x[i];
        sum += 100.0 * bend * bend + std::pow(1.0 - x[i], 2);
        gradient[i] += -400.0 * bend * x[i] - 2.0 * (1.0 - x[i]);
        gradient[i + 1] += 200.0 * bend;
    }
    return sum;
}

// Sum of (i + 1)^2 (x[i] - i)^2.
double stiff_bowl(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    double sum = 0.0;
    for (Eigen::Index i = 0; i < x.size(); ++i) {
        const auto place = static_cast<double>(i);
        const double stiffness = (place + 1.0) * (place + 1.0);
        gradient[i] = 2.0 * stiffness * (x[i] - place);
        sum += stiffness * (x[i] - place) * (x[i] - place);
    }
    return sum;
}

}  // namespace

TEST_CASE("L-BFGS finds the minimum of a quadratic and of Rosenbrock's function", "[search][gp]") {
    const Minimum of_bowl = minimise(stiff_bowl, Eigen::VectorXd::Constant(8, -3.0), {});
    for (Eigen::Index i = 0; i < 8; ++i)
        CHECK(of_bowl.x[i] == Approx(static_cast<double>(i)).margin(1e-4));
    CHECK(of_bowl.evaluations < 60);
    Eigen::VectorXd start = Eigen::VectorXd::Constant(6, -1.2);
    const Minimum found = minimise(rosenbrock, start, {.iterations = 500});
    CHECK(found.value < 1e-8);
    CHECK((found.x.array() - 1.0).abs().maxCoeff() < 1e-3);
}

TEST_CASE("L-BFGS stays in a box and finds its edge", "[search][gp]") {
    const Eigen::VectorXd lower = Eigen::VectorXd::Constant(5, 0.5);
    const Eigen::VectorXd upper = Eigen::VectorXd::Constant(5, 2.5);
    bool inside = true;
    const Minimum found = minimise(
        [&](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
            inside = inside && (x.array() >= 0.5).all() && (x.array() <= 2.5).all();
            return stiff_bowl(x, gradient);
        },
        Eigen::VectorXd::Constant(5, 9.0),
        {.lower = lower, .upper = upper});
    CHECK(inside);
    const Eigen::VectorXd expected{{0.5, 1.0, 2.0, 2.5, 2.5}};
    CHECK((found.x - expected).cwiseAbs().maxCoeff() < 1e-4);
}

TEST_CASE("L-BFGS steps back from where a function has no value", "[search][gp]") {
    const auto logarithmic = [](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
        if (x[0] <= 0.0)
            return std::numeric_limits<double>::quiet_NaN();
        gradient[0] = 1.0 - 0.01 / x[0];
        return x[0] - 0.01 * std::log(x[0]);
    };
    const Minimum found = minimise(logarithmic, Eigen::VectorXd::Constant(1, 0.5), {});
    CHECK(found.x[0] == Approx(0.01).epsilon(1e-3));
}

TEST_CASE("L-BFGS ends where it begins if there is nothing to gain", "[search][gp]") {
    const auto flat = [](const Eigen::VectorXd&, Eigen::VectorXd& gradient) {
        gradient.setZero();
        return 1.0;
    };
    const Minimum found = minimise(flat, Eigen::VectorXd::Constant(2, 0.5), {});
    CHECK(found.x == Eigen::VectorXd::Constant(2, 0.5));
    CHECK(found.evaluations == 1);
    CHECK(minimise(flat, Eigen::VectorXd(0), {}).value == 1.0);
}

}  // namespace parnas::search
