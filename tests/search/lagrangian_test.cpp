// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/lagrangian.h"

#include <cmath>
#include <limits>

#include "tests/support/catch.h"

namespace parnas::search {

TEST_CASE("the penalty's slope is its derivative", "[search][lagrangian]") {
    const double step = 1e-6;
    for (const double lambda : {0.0, 0.5, 2.0})
        for (const double rho : {1.0, 8.0})
            for (const double h : {-1.0, -0.2, 0.1, 0.7}) {
                const Multiplier multiplier{.lambda = lambda, .rho = rho};
                const double difference =
                    (penalty(multiplier, h + step) - penalty(multiplier, h - step)) / (2.0 * step);
                CHECK(penalty_slope(multiplier, h) == Approx(difference).margin(1e-6));
            }
}

TEST_CASE("the multiplier finds the constrained minimum", "[search][lagrangian]") {
    // (x - 3)^2 with log(exp(x) / exp(1)) = x - 1 <= 0: x = 1 with lambda = 4.
    Multiplier multiplier;
    double x = 3.0, before = std::numeric_limits<double>::infinity();
    for (int epoch = 0; epoch < 60; ++epoch) {
        for (int step = 0; step < 200; ++step)
            x -= 0.01 * (2.0 * (x - 3.0) + penalty_slope(multiplier, x - 1.0));
        multiplier = updated(multiplier, x - 1.0, before);
        before = x - 1.0;
    }
    CHECK(x == Approx(1.0).margin(1e-3));
    CHECK(multiplier.lambda == Approx(4.0).margin(1e-2));
}

TEST_CASE("a constraint that is met costs nothing", "[search][lagrangian]") {
    Multiplier multiplier{.lambda = 0.4};
    for (int epoch = 0; epoch < 3; ++epoch)
        multiplier = updated(multiplier, -0.3, -0.3);
    CHECK(multiplier.lambda == 0.0);
    CHECK(multiplier.rho == 1.0);
    CHECK(penalty_slope(multiplier, -0.3) == 0.0);
}

TEST_CASE("a constraint that stays broken weighs more and more, up to a bound",
          "[search][lagrangian]") {
    Multiplier multiplier;
    for (int epoch = 0; epoch < 30; ++epoch)
        multiplier = updated(multiplier, 0.5, 0.5);
    CHECK(multiplier.rho == 100.0);
    CHECK(multiplier.lambda > 100.0);
}

}  // namespace parnas::search
