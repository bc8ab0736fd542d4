// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "search/report/report_parts.h"
#include "spaces/count.h"
#include "spaces/network_json.h"
#include "spaces/shapes.h"

namespace parnas::search {
namespace {

// Nothing where a custom op's shape and count are not known.
std::vector<spaces::Count> known_counts(const spaces::Network& network) {
    const bool unknown = std::ranges::any_of(network.nodes, [](const spaces::Node& node) {
        const auto* custom = std::get_if<spaces::Custom>(&node.op);
        return custom != nullptr && custom->definition == nullptr;
    });
    return unknown ? std::vector<spaces::Count>() : spaces::count_nodes(network);
}

}  // namespace

Json drawing_data(const spaces::Network& network) {
    Json nodes = Json::array();
    std::vector<std::optional<spaces::Shape>> shapes;
    for (const spaces::Input& input : network.inputs) {
        shapes.emplace_back(input.shape);
        nodes.push_back({{"name", input.name},
                         {"op", "input"},
                         {"text", "input"},
                         {"inputs", Json::array()},
                         {"shape", spaces::to_string(input.shape, network.symbols)}});
    }
    const std::vector<spaces::Count> counts = known_counts(network);
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const spaces::Node& node = network.nodes[i];
        shapes.push_back(spaces::infer_known_shape(node, shapes));
        Json json = {{"name", node.name},
                     {"op", spaces::op_name(node.op)},
                     {"text", spaces::op_text(node.op, network.symbols)},
                     {"inputs", node.inputs}};
        if (shapes.back())
            json["shape"] = spaces::to_string(*shapes.back(), network.symbols);
        if (!counts.empty()) {
            json["parameters"] = counts[i].parameters;
            json["multiply_adds"] = counts[i].multiply_adds;
        }
        nodes.push_back(std::move(json));
    }
    return {{"nodes", std::move(nodes)}, {"outputs", network.outputs}};
}

}  // namespace parnas::search
