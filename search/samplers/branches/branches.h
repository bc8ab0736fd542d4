// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "search/sampler.h"

namespace parnas::search {

using MakeSampler = std::function<std::unique_ptr<Sampler>(const SamplerSetup& setup)>;

// Where one categorical decides what is searched at all (branch_space.h) and there is one
// objective: a sampler of its own for each of its choices, on what is left of the space then, and
// each trial goes to the one with the greatest expected gain (policy.h). Other spaces have one
// sampler, just as `make` makes it.
std::unique_ptr<Sampler> make_branching_sampler(const SamplerSetup& setup, const MakeSampler& make);

}  // namespace parnas::search
