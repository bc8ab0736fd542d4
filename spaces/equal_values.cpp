// SPDX-License-Identifier: Apache-2.0
#include "spaces/equal_values.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <utility>

namespace parnas::spaces {
namespace {

bool passes_on(const Op& op) {
    return std::holds_alternative<Identity>(op) || std::holds_alternative<Dropout>(op);
}

// Norms have statistics even where they have no weights; of other people's ops nothing is known.
bool has_own_values(const Op& op, const Count& count) {
    return count.weight_bytes > 0 || std::holds_alternative<Norm>(op) ||
           std::holds_alternative<Custom>(op);
}

// Nodes whose inputs are known by the first values that are equal.
class Seen {
  public:
    Seen(const Network& network, const std::vector<ValueId>& first)
        : network_(network),
          first_(first),
          slots_(std::bit_ceil(2 * network.nodes.size() + 1), kEmpty) {}

    // The node that computes what this one does; if there is none, it is kept and returned.
    std::size_t find_or_keep(std::size_t node) {
        std::size_t slot = hash(network_.nodes[node]);
        for (;; ++slot) {
            std::size_t& found = slots_[slot & (slots_.size() - 1)];
            if (found == kEmpty)
                found = node;
            if (found == node || alike(network_.nodes[found], network_.nodes[node]))
                return found;
        }
    }

  private:
    static constexpr std::size_t kEmpty = SIZE_MAX;

    ValueId first_of(ValueId value) const { return first_[static_cast<std::size_t>(value)]; }

    std::size_t hash(const Node& node) const {
        std::uint64_t hash = node.op.index();
        for (const ValueId input : node.inputs)
            hash = (hash + static_cast<std::uint64_t>(first_of(input)) + 1) * 0x9E3779B97F4A7C15U;
        return static_cast<std::size_t>(hash >> 32U);
    }

    bool alike(const Node& a, const Node& b) const {
        return std::ranges::equal(
                   a.inputs,
                   b.inputs,
                   {},
                   [&](ValueId value) { return first_of(value); },
                   [&](ValueId value) { return first_of(value); }) &&
               a.precision == b.precision && a.sparsity == b.sparsity && a.op == b.op;
    }

    const Network& network_;
    const std::vector<ValueId>& first_;
    std::vector<std::size_t> slots_;
};

}  // namespace

std::vector<ValueId> first_equal_values(const Network& network, std::span<const Count> counts) {
    std::vector<ValueId> first(network.inputs.size() + network.nodes.size());
    std::iota(first.begin(), first.end(), 0);
    Seen seen(network, first);
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        ValueId& value = first[static_cast<std::size_t>(network.id_of(i))];
        if (passes_on(node.op))
            value = first[static_cast<std::size_t>(node.inputs.front())];
        else if (!has_own_values(node.op, counts[i]))
            value = network.id_of(seen.find_or_keep(i));
    }
    return first;
}

Network merge_equal_values(const Network& network) {
    const std::vector<ValueId> first = first_equal_values(network, count_nodes(network));
    Network merged{.inputs = network.inputs, .symbols = network.symbols};
    std::vector<ValueId> renamed(first.size());
    std::iota(renamed.begin(), renamed.end(), 0);
    const auto rename = [&](ValueId value) { return renamed[static_cast<std::size_t>(value)]; };
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const auto id = static_cast<std::size_t>(network.id_of(i));
        if (first[id] != network.id_of(i) && !passes_on(network.nodes[i].op)) {
            renamed[id] = rename(first[id]);
            continue;
        }
        renamed[id] = merged.id_of(merged.nodes.size());
        Node kept = network.nodes[i];
        std::ranges::transform(kept.inputs, kept.inputs.begin(), rename);
        merged.nodes.push_back(std::move(kept));
    }
    std::ranges::transform(network.outputs, std::back_inserter(merged.outputs), rename);
    return merged;
}

}  // namespace parnas::spaces
