// SPDX-License-Identifier: Apache-2.0
#include "search/acquisition/log_ei.h"

#include <cmath>
#include <numbers>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// log E[max(best - y, 0)^power] by the trapezoidal rule over the improvement, with the greatest
// exponent taken out.
double integrated(double best, double mean, double stddev, int power) {
    const double z = (best - mean) / stddev;
    // Where the integrand u^power phi(z - u) is largest, and how wide it is there.
    const double width = 40.0 / (1.0 + std::max(0.0, -z)) + std::max(0.0, z) * 2.0;
    constexpr int kSteps = 400'000;
    double sum = 0.0;
    for (int i = 0; i <= kSteps; ++i) {
        const double u = width * i / kSteps;
        const double weight = i == 0 || i == kSteps ? 0.5 : 1.0;
        sum += weight * std::pow(u, power) * std::exp(z * u - 0.5 * u * u);
    }
    return std::log(sum * width / kSteps) - 0.5 * z * z - 0.5 * std::log(2.0 * std::numbers::pi) +
           power * std::log(stddev);
}

void check_slopes(Acquired (*function)(double, double, double), double mean, double stddev) {
    const Acquired at = function(0.3, mean, stddev);
    const double step = 1e-6 * stddev;
    const auto by = [&](double towards_mean, double towards_stddev) {
        return (function(0.3, mean + towards_mean, stddev + towards_stddev).value -
                function(0.3, mean - towards_mean, stddev - towards_stddev).value) /
               (2.0 * step);
    };
    CHECK(at.by_mean == Approx(by(step, 0.0)).epsilon(1e-4));
    CHECK(at.by_stddev == Approx(by(0.0, step)).epsilon(1e-4).margin(1e-6));
}

}  // namespace

TEST_CASE("log expected improvement and log probability are those of the integrals",
          "[search][acquisition]") {
    for (const double z : {-300.0, -40.0, -21.0, -19.0, -5.0, -1.0, -0.1, 0.0, 0.5, 3.0}) {
        const double stddev = 0.7;
        const double mean = 0.3 - z * stddev;
        INFO(z);
        CHECK(log_expected_improvement(0.3, mean, stddev).value ==
              Approx(integrated(0.3, mean, stddev, 1)).epsilon(1e-7));
        CHECK(log_probability_below(0.3, mean, stddev).value ==
              Approx(integrated(0.3, mean, stddev, 0)).epsilon(1e-7).margin(1e-7));
    }
}

TEST_CASE("the derivatives of log acquisition values agree with differences",
          "[search][acquisition]") {
    for (const double stddev : {0.01, 1.0})
        for (const double z : {-60.0, -20.1, -19.9, -3.0, -0.01, 0.01, 2.0, 7.0}) {
            INFO(z << " " << stddev);
            check_slopes(log_expected_improvement, 0.3 - z * stddev, stddev);
            check_slopes(log_probability_below, 0.3 - z * stddev, stddev);
        }
}

TEST_CASE("log acquisition values stay finite however far off", "[search][acquisition]") {
    for (const double mean : {-1e6, 1e6})
        for (const auto function : {log_expected_improvement, log_probability_below}) {
            const Acquired at = function(0.0, mean, 1e-3);
            CHECK(std::isfinite(at.value));
            CHECK(std::isfinite(at.by_mean));
            CHECK(std::isfinite(at.by_stddev));
        }
}

}  // namespace parnas::search
