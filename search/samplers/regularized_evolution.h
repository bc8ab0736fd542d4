// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/sampler.h"
#include "search/samplers/explored.h"
#include "search/samplers/variation.h"

namespace parnas::search {

struct RegularizedEvolutionOptions {
    std::size_t population = 20;  // the last so many trials can be parents
    std::size_t sample = 5;       // drawn for a tournament, with replacement
    Pick pick = Pick::parameter;  // of the one that a child changes
    Repeats repeats = Repeats::refused;
};

// Throws nothing; faults go to the reader. Keys: population (2..100000), sample
// (1..population), mutate (parameter, block), repeats.
RegularizedEvolutionOptions read_regularized_evolution(ObjectReader& options);

// Aging evolution (Real et al., AAAI 2019): the best of a random sample of the youngest
// trials gets one parameter changed. Several objectives are compared by non-domination.
// Differs from the paper in that nothing is proposed twice, unless repeats are allowed.
std::unique_ptr<Sampler> make_regularized_evolution_sampler(
    const RegularizedEvolutionOptions& options,
    const SamplerSetup& setup);

}  // namespace parnas::search
