// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/samplers/evolution/generations.h"

namespace parnas::search {

// Offspring: a quarter of the population, so that few trials are spent on children of parents
// that were beaten meanwhile.
GenerationOptions read_nsga3(ObjectReader& options);

// NSGA-III (Deb and Jain, IEEE TEC 18(4), 2014; limits as in Jain and Deb, part II): of the
// front that does not fit as a whole, those survive that lie near the reference directions with
// the fewest survivors. As many directions as the population has places for (directions.h).
std::unique_ptr<Sampler> make_nsga3_sampler(const GenerationOptions& options,
                                            const SamplerSetup& setup);

}  // namespace parnas::search
