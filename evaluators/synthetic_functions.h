// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace parnas::evaluators {

constexpr double square(double x) {
    return x * x;
}

// A test function of real vectors with known optima; all are minimised.
struct SyntheticFunction {
    std::string_view name;
    std::size_t min_dimensions = 1;
    std::optional<std::size_t> max_dimensions;  // nullopt: any number
    // `x` has an allowed number of dimensions; one value for each objective.
    std::vector<double> (*evaluate)(std::span<const double> x) = nullptr;
    std::size_t objectives = 1;
};

// sphere, rosenbrock, ackley, rastrigin, levy, branin, hartmann6, zdt1 to zdt4, zdt6.
std::span<const SyntheticFunction> synthetic_functions();

// DTLZ2 (Deb, Thiele, Laumanns and Zitzler, "Scalable multi-objective optimization test
// problems", CEC 2002); its front is the unit sphere's positive part. x.size() >= objectives >= 2.
std::vector<double> dtlz2(std::span<const double> x, std::size_t objectives);

}  // namespace parnas::evaluators
