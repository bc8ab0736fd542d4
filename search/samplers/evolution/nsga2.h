// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/samplers/evolution/generations.h"

namespace parnas::search {

// Offspring: as many as the population.
GenerationOptions read_nsga2(ObjectReader& options);

// NSGA-II (Deb et al., IEEE TEC 6(2), 2002): the best `population` trials by constrained
// non-domination and crowding survive. Fits two or three objectives, and takes one.
std::unique_ptr<Sampler> make_nsga2_sampler(const GenerationOptions& options,
                                            const SamplerSetup& setup);

}  // namespace parnas::search
