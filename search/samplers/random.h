// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/sampler.h"
#include "search/samplers/explored.h"

namespace parnas::search {

struct RandomOptions {
    Repeats repeats = Repeats::refused;
};

// Throws nothing; faults go to the reader. Key: repeats.
RandomOptions read_random(ObjectReader& options);

// Every parameter drawn on its own. Unless repeats are allowed, in a space of at most 10^6
// points no genotype comes twice.
std::unique_ptr<Sampler> make_random_sampler(const RandomOptions& options,
                                             const SamplerSetup& setup);

}  // namespace parnas::search
