// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "search/strategy.h"
#include "search/zero_cost/vote.h"

namespace parnas::search {

struct PrefilterOptions {
    std::size_t pool = 8;  // proposals of which one goes on
    Vote vote;
};

// Reads a strategy's `prefilter`. Keys: pool (2..1000) and those of read_vote. Faults go to
// the reader.
PrefilterOptions read_prefilter(ObjectReader& options, std::uint64_t seed);

// Asks `inner` for a pool of proposals, each as if those before it were under way, lets them
// be scored in a phase, and makes the one that the vote puts first. What `inner` wants to go on
// from a warm start or at a lower fidelity, and its phases, pass through.
std::unique_ptr<Strategy> make_prefilter(PrefilterOptions options,
                                         std::unique_ptr<Strategy> inner,
                                         const SamplerSetup& setup);

}  // namespace parnas::search
