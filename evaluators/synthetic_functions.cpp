// SPDX-License-Identifier: Apache-2.0
#include "evaluators/synthetic_functions.h"

#include <array>
#include <cmath>
#include <numbers>

namespace parnas::evaluators {
namespace {

using std::numbers::pi;
using Vector = std::span<const double>;
using Values = std::vector<double>;

// Single-objective formulas as in Surjanovic and Bingham, "Virtual Library of Simulation
// Experiments", www.sfu.ca/~ssurjano.

Values sphere(Vector x) {
    double sum = 0.0;
    for (const double each : x)
        sum += square(each);
    return {sum};
}

Values rosenbrock(Vector x) {
    double sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i)
        sum += 100.0 * square(x[i + 1] - square(x[i])) + square(1.0 - x[i]);
    return {sum};
}

Values ackley(Vector x) {
    const auto n = static_cast<double>(x.size());
    double squares = 0.0;
    double cosines = 0.0;
    for (const double each : x) {
        squares += square(each);
        cosines += std::cos(2.0 * pi * each);
    }
    return {-20.0 * std::exp(-0.2 * std::sqrt(squares / n)) - std::exp(cosines / n) + 20.0 +
            std::numbers::e};
}

Values rastrigin(Vector x) {
    double sum = 0.0;
    for (const double each : x)
        sum += 10.0 + square(each) - 10.0 * std::cos(2.0 * pi * each);
    return {sum};
}

Values levy(Vector x) {
    const auto w = [x](std::size_t i) { return 1.0 + (x[i] - 1.0) / 4.0; };
    double sum = square(std::sin(pi * w(0)));
    for (std::size_t i = 0; i + 1 < x.size(); ++i)
        sum += square(w(i) - 1.0) * (1.0 + 10.0 * square(std::sin(pi * w(i) + 1.0)));
    const double last = w(x.size() - 1);
    return {sum + square(last - 1.0) * (1.0 + square(std::sin(2.0 * pi * last)))};
}

Values branin(Vector x) {
    const double valley = x[1] - 5.1 / (4.0 * pi * pi) * square(x[0]) + 5.0 / pi * x[0] - 6.0;
    return {square(valley) + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * std::cos(x[0]) + 10.0};
}

Values hartmann6(Vector x) {
    constexpr std::array<double, 4> kAlpha{1.0, 1.2, 3.0, 3.2};
    constexpr double kA[4][6] = {{10.0, 3.0, 17.0, 3.5, 1.7, 8.0},
                                 {0.05, 10.0, 17.0, 0.1, 8.0, 14.0},
                                 {3.0, 3.5, 1.7, 10.0, 17.0, 8.0},
                                 {17.0, 8.0, 0.05, 10.0, 0.1, 14.0}};
    constexpr double kP[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                 {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                 {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                 {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
    double sum = 0.0;
    for (std::size_t i = 0; i < kAlpha.size(); ++i) {
        double exponent = 0.0;
        for (std::size_t j = 0; j < 6; ++j)
            exponent += kA[i][j] * square(x[j] - kP[i][j]);
        sum += kAlpha[i] * std::exp(-exponent);
    }
    return {-sum};
}

// Zitzler, Deb and Thiele, "Comparison of multiobjective evolutionary algorithms: empirical
// results", Evolutionary Computation 8(2), 2000. Fronts are at g = 1.

double sum_of_rest(Vector x) {
    double sum = 0.0;
    for (const double each : x.subspan(1))
        sum += each;
    return sum;
}

double zdt_g(Vector x) {
    return 1.0 + 9.0 * sum_of_rest(x) / static_cast<double>(x.size() - 1);
}

Values zdt1(Vector x) {
    const double g = zdt_g(x);
    return {x[0], g * (1.0 - std::sqrt(x[0] / g))};
}

Values zdt2(Vector x) {
    const double g = zdt_g(x);
    return {x[0], g * (1.0 - square(x[0] / g))};
}

Values zdt3(Vector x) {
    const double g = zdt_g(x);
    const double ratio = x[0] / g;
    return {x[0], g * (1.0 - std::sqrt(ratio) - ratio * std::sin(10.0 * pi * x[0]))};
}

Values zdt4(Vector x) {
    const double g = 1.0 + rastrigin(x.subspan(1))[0];
    return {x[0], g * (1.0 - std::sqrt(x[0] / g))};
}

Values zdt6(Vector x) {
    const double f1 = 1.0 - std::exp(-4.0 * x[0]) * std::pow(std::sin(6.0 * pi * x[0]), 6.0);
    const double g = 1.0 + 9.0 * std::pow(sum_of_rest(x) / static_cast<double>(x.size() - 1), 0.25);
    return {f1, g * (1.0 - square(f1 / g))};
}

constexpr std::array<SyntheticFunction, 12> kFunctions{{
    {"sphere", 1, {}, sphere},
    {"rosenbrock", 2, {}, rosenbrock},
    {"ackley", 1, {}, ackley},
    {"rastrigin", 1, {}, rastrigin},
    {"levy", 1, {}, levy},
    {"branin", 2, 2, branin},
    {"hartmann6", 6, 6, hartmann6},
    {"zdt1", 2, {}, zdt1, 2},
    {"zdt2", 2, {}, zdt2, 2},
    {"zdt3", 2, {}, zdt3, 2},
    {"zdt4", 2, {}, zdt4, 2},
    {"zdt6", 2, {}, zdt6, 2},
}};

}  // namespace

std::span<const SyntheticFunction> synthetic_functions() {
    return kFunctions;
}

std::vector<double> dtlz2(std::span<const double> x, std::size_t objectives) {
    double g = 0.0;
    for (const double each : x.subspan(objectives - 1))
        g += square(each - 0.5);
    std::vector<double> values;
    for (std::size_t i = 0; i < objectives; ++i) {
        double value = 1.0 + g;
        const std::size_t cosines = objectives - 1 - i;
        for (std::size_t j = 0; j < cosines; ++j)
            value *= std::cos(x[j] * pi / 2.0);
        if (i > 0)
            value *= std::sin(x[cosines] * pi / 2.0);
        values.push_back(value);
    }
    return values;
}

}  // namespace parnas::evaluators
