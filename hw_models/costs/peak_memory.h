// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hw_models/costs/memory_plan.h"

namespace parnas::hw_models {

// The most memory alive at once over an order of steps (topological). A buffer is alive from
// its first writer, or from the start, to its last reader, or to the end; a step needs its
// workspace beside what is alive while it runs. Linear.
std::int64_t peak_bytes(const MemoryPlan& plan, std::span<const std::size_t> order);

struct BestOrder {
    std::vector<std::size_t> steps;
    std::int64_t peak_bytes = 0;
    // No order needs less. Else some piece of the graph was too wide to look through, and has
    // its given order.
    bool exact = true;
};

// The order that needs least. Steps that are before or after every other one split the graph
// into pieces that do not depend on each other's order; in each, the way through the sets of
// steps done whose worst moment is best is found by dynamic programming over subsets, cheapest
// first (Liberis and Lane, "Neural networks on microcontrollers: saving memory at inference via
// operator reordering", 2019). At most `states` sets are looked at in all, and pieces
// have at most 64 steps. Never worse than the given order.
BestOrder find_best_order(const MemoryPlan& plan, std::size_t states = 20'000);

}  // namespace parnas::hw_models
