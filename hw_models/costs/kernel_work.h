// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "spaces/count.h"
#include "spaces/kernels.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// How a target runs a network: values no wider than `dtype`, `batch` samples at a time.
struct Run {
    spaces::DType dtype = spaces::DType::fp32;
    std::int64_t batch = 1;
};

// The type that a node runs in: its own, or the target's if that is narrower.
spaces::DType type_of(const spaces::Node& node, const Run& run);

// Work of one batch.
struct Work {
    double multiply_adds = 0.0;
    double bytes = 0.0;
};

// Of one kernel: `bytes` are its inputs, weights and output; what its nodes hand on to each
// other is not among them. A batch shares the weights; of an embedding's table only the rows
// that are looked up are read. `counts`: of all nodes.
Work work_of(const spaces::Network& network,
             const spaces::Kernel& kernel,
             const std::vector<spaces::Count>& counts,
             const Run& run);

}  // namespace parnas::hw_models
