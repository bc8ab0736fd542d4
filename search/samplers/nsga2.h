// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/sampler.h"

namespace parnas::search {

struct Nsga2Options {
    std::size_t population = 20;
    double crossover = 0.9;  // probability, in [0, 1]
};

// Throws nothing; faults go to the reader. Keys: population (4..100000), crossover (0..1).
Nsga2Options read_nsga2(ObjectReader& options);

// NSGA-II (Deb et al., IEEE TEC 6(2), 2002): parents are the best `population` trials by
// constrained non-domination and crowding at the end of the last full generation; children
// come from binary tournaments, uniform crossover and mutation of one parameter on
// average. Nothing is proposed twice. Fits two or three objectives, and takes one.
std::unique_ptr<Sampler> make_nsga2_sampler(const Nsga2Options& options, const SamplerSetup& setup);

}  // namespace parnas::search
