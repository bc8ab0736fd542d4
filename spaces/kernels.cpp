// SPDX-License-Identifier: Apache-2.0
#include "spaces/kernels.h"

#include <numeric>
#include <optional>

namespace parnas::spaces {
namespace {

template <typename... Ops>
bool is_one_of(const Op& op) {
    return (std::holds_alternative<Ops>(op) || ...);
}

bool runs(const Op& op) {
    return !is_one_of<Identity, Zero>(op);
}

bool is_batch_norm(const Op& op) {
    const auto* norm = std::get_if<Norm>(&op);
    return norm != nullptr && norm->kind == NormKind::batch;
}

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// By node: the one node that reads it, through identities; kNone if there are others, or
// if it is an output.
std::vector<std::size_t> sole_readers(const Network& network) {
    const std::size_t first = network.inputs.size();
    std::vector<std::size_t> sources(first + network.nodes.size());
    std::iota(sources.begin(), sources.end(), std::size_t{0});
    std::vector<std::size_t> readers(sources.size(), kNone);
    std::vector<std::size_t> uses(sources.size(), 0);
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        if (std::holds_alternative<Identity>(node.op)) {
            sources[first + i] = sources[static_cast<std::size_t>(node.inputs[0])];
            continue;
        }
        for (const ValueId id : node.inputs) {
            const std::size_t source = sources[static_cast<std::size_t>(id)];
            readers[source] = i;
            ++uses[source];
        }
    }
    for (const ValueId id : network.outputs)
        uses[sources[static_cast<std::size_t>(id)]] += 2;
    for (std::size_t value = 0; value < readers.size(); ++value)
        if (uses[value] != 1)
            readers[value] = kNone;
    readers.erase(readers.begin(), readers.begin() + static_cast<std::ptrdiff_t>(first));
    return readers;
}

}  // namespace

std::vector<Kernel> kernels(const Network& network) {
    const std::vector<std::size_t> readers = sole_readers(network);
    std::vector<bool> taken(network.nodes.size(), false);
    std::vector<Kernel> kernels;
    kernels.reserve(network.nodes.size());
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Op& op = network.nodes[i].op;
        if (taken[i] || !runs(op))
            continue;
        Kernel kernel;
        kernel.nodes.push_back(i);
        const auto extend = [&](auto&& accepts) {
            const std::size_t next = readers[kernel.nodes.back()];
            if (next == kNone || !accepts(network.nodes[next].op))
                return;
            kernel.nodes.push_back(next);
            taken[next] = true;
        };
        if (is_one_of<Conv, Linear>(op))
            extend(is_batch_norm);
        if (is_one_of<Conv, Linear, Add, Multiply>(op))
            extend([](const Op& next) { return std::holds_alternative<Activation>(next); });
        kernels.push_back(std::move(kernel));
    }
    return kernels;
}

}  // namespace parnas::spaces
