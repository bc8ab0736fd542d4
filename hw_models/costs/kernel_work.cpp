// SPDX-License-Identifier: Apache-2.0
#include "hw_models/costs/kernel_work.h"

#include <variant>

#include "spaces/dtype.h"

namespace parnas::hw_models {
namespace {

// How much smaller a node's values are than count() says.
double narrowing(const spaces::Node& node, const Run& run) {
    return static_cast<double>(spaces::byte_size(type_of(node, run))) /
           static_cast<double>(spaces::byte_size(node.precision));
}

}  // namespace

spaces::DType type_of(const spaces::Node& node, const Run& run) {
    return spaces::byte_size(run.dtype) < spaces::byte_size(node.precision) ? run.dtype
                                                                            : node.precision;
}

Work work_of(const spaces::Network& network,
             const spaces::Kernel& kernel,
             const std::vector<spaces::Count>& counts,
             const Run& run) {
    Work work;
    const auto batch = static_cast<double>(run.batch);
    for (const std::size_t index : kernel.nodes) {
        const spaces::Count& count = counts[index];
        const spaces::Node& node = network.nodes[index];
        work.multiply_adds += static_cast<double>(count.multiply_adds) * batch;
        const bool table = std::holds_alternative<spaces::Embedding>(node.op);
        const std::int64_t weight_bytes = table ? 0 : count.weight_bytes;
        auto bytes = static_cast<double>(weight_bytes);
        if (index == kernel.nodes.front())
            bytes += static_cast<double>(count.bytes_read - weight_bytes) * batch;
        if (index == kernel.nodes.back())
            bytes += static_cast<double>(count.bytes_written) * batch;
        work.bytes += bytes * narrowing(node, run);
    }
    return work;
}

}  // namespace parnas::hw_models
