// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "evaluators/synthetic_functions.h"
#include "tests/search/ask_and_tell.h"
#include "tests/support/spaces.h"

// Functions with known optima, and how near to these searches come.
namespace parnas::tests {

// A function of the evaluators' (synthetic_functions.h) of all parameters, which are real.
inline Objectives synthetic(std::string_view name) {
    for (const evaluators::SyntheticFunction& function : evaluators::synthetic_functions())
        if (function.name == name)
            return [&function](const Genotype& genotype) {
                std::vector<double> x;
                for (std::size_t i = 0; i < genotype.values.size(); ++i)
                    x.push_back(at(genotype, i));
                return function.evaluate(x);
            };
    throw Error(ErrorKind::not_found, "no function is named '" + std::string(name) + "'");
}

inline FakeSpace branin_space() {
    return FakeSpace(
        {.name = "branin@1", .params = {real("x0", -5.0, 10.0), real("x1", 0.0, 15.0)}});
}

struct Searches {
    std::uint64_t first_seed = 100;
    std::uint64_t seeds = 20;
    TrialNumber trials = 100;  // of each search
};

// The median of the best values that searches find.
inline double median_best(
    const std::function<std::unique_ptr<search::Sampler>(const search::SamplerSetup&)>& make,
    const spaces::SearchSpace& space,
    const Objectives& objectives,
    const Searches& searches) {
    std::vector<double> best;
    for (std::uint64_t i = 0; i < searches.seeds; ++i) {
        const std::uint64_t seed = searches.first_seed + i;
        const auto sampler = make({.space = space, .seed = seed});
        best.push_back(best_of(ask_and_tell(*sampler, space, objectives, searches.trials, seed)));
    }
    std::ranges::sort(best);
    return 0.5 * (best[(best.size() - 1) / 2] + best[best.size() / 2]);
}

}  // namespace parnas::tests
