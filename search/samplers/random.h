// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/sampler.h"

namespace parnas::search {

// Every parameter drawn on its own. In a space of at most 10^6 points no genotype comes
// twice.
std::unique_ptr<Sampler> make_random_sampler(const SamplerSetup& setup);

}  // namespace parnas::search
