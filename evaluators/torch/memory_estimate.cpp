// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/memory_estimate.h"

#include "spaces/count.h"

namespace parnas::evaluators {

double training_bytes(const spaces::Network& network, int copies, std::int64_t batch) {
    double bytes = 0.0;
    for (const spaces::Count& node : spaces::count_nodes(network))
        bytes += static_cast<double>(node.weight_bytes) * copies +
                 static_cast<double>(node.bytes_written) * static_cast<double>(batch);
    return bytes;
}

}  // namespace parnas::evaluators
