// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "core/registry.h"
#include "search/strategy.h"
#include "search/zero_cost/vote.h"

namespace parnas::search {

struct ZeroCostOptions {
    std::size_t pool = 200;  // candidates that are scored
    std::size_t keep = 20;   // of these, how many are proposed
    Vote vote;
};

// Keys: pool (2..100000), keep (1..pool), `then` and those of read_vote. Faults go to the
// reader.
ZeroCostOptions read_zero_cost(ObjectReader& options, std::uint64_t seed);

// Draws a pool of random candidates that mean different things, has them scored without training
// in phases, proposes the best of them by the vote, best first, and goes on with `then`, which
// is told of all trials.
std::unique_ptr<Strategy> make_zero_cost(ZeroCostOptions options,
                                         std::unique_ptr<Strategy> then,
                                         const SamplerSetup& setup);

// Both: what the job's strategy `zero_cost` makes; `strategies` are those that `then` may name.
// Null after faults.
std::unique_ptr<Strategy> make_zero_cost(ObjectReader& options,
                                         const SamplerSetup& setup,
                                         const Registry<StrategyFactory>& strategies);

}  // namespace parnas::search
