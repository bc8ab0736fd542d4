// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "search/sampler.h"

namespace parnas::search {

struct GpOptions {
    std::size_t startup = 10;       // quasi-random trials before the first model
    bool deterministic = false;     // equal values give equal results: no noise is learned
    std::size_t most = 1000;        // trials that the model has at most when it is refitted
    std::size_t candidates = 2048;  // that a proposal is chosen from, in small studies
};

// Throws nothing; faults go to the reader. Keys: startup (1..100000), deterministic, most
// (16..20000), candidates (16..100000).
GpOptions read_gp(ObjectReader& options);

// Bayesian optimisation of one objective with a Gaussian process (search/gp/): each proposal has
// the greatest log expected improvement (Ament et al., NeurIPS 2023), plus the logarithm of the
// probability to meet the limits where trials broke some; until one meets them, that alone.
// Trials that are pending, and proposals of the same ask, are imagined to give what is predicted.
// Failed trials count as the worst, pruned ones as worse than most.
//
// Nothing is proposed twice. Throws Error(invalid_input) for several objectives. One ask after n
// trials with d parameters is O(n^2) for each of at most O(10^8 / n^2) candidates, and O(n^3) at
// times.
std::unique_ptr<Sampler> make_gp_sampler(const GpOptions& options, const SamplerSetup& setup);

}  // namespace parnas::search
