// SPDX-License-Identifier: Apache-2.0
#include "api/rest/network_counts.h"

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "spaces/count.h"
#include "spaces/network_json.h"

namespace parnas::rest {

Json counts_json(const spaces::Network& network) {
    const spaces::Count count = spaces::count(network);
    return {{"parameters", count.parameters},
            {"multiply_adds", count.multiply_adds},
            {"peak_activation_bytes", count.peak_activation_bytes}};
}

std::map<std::string, std::int64_t> count_ops(const spaces::Network& network) {
    std::map<std::string, std::int64_t> counts;
    for (const spaces::Node& node : network.nodes)
        ++counts[spaces::op_text(node.op, network.symbols)];
    return counts;
}

}  // namespace parnas::rest
