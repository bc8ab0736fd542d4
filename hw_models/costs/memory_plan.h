// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "hw_models/costs/memory_rules.h"
#include "spaces/network.h"
#include "spaces/shapes.h"

namespace parnas::hw_models {

// A network as what takes memory: buffers, which steps fill and read. One step per node.
struct MemoryPlan {
    struct Buffer {
        std::int64_t bytes = 0;
        std::vector<std::size_t> writers;  // steps, views among them; in order
        std::vector<std::size_t> readers;
        bool given = false;  // an input of the network: there from the start
        bool kept = false;   // an output of the network: there at the end
    };
    struct Step {
        std::vector<std::size_t> touches;  // buffers that it reads or fills, each once
        std::vector<std::size_t> after;    // steps that have to come before it, each once
        std::int64_t workspace_bytes = 0;  // while it runs
    };
    std::vector<Buffer> buffers;
    std::vector<Step> steps;
};

// Of one inference of `batch` samples, values no wider than `dtype`. Symbols count as 1, as in
// count(). Throws Error(invalid_input) for a network that is none.
MemoryPlan plan_memory(const spaces::Network& network,
                       const MemoryRules& rules,
                       spaces::DType dtype,
                       std::int64_t batch);

}  // namespace parnas::hw_models
