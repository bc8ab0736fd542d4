// SPDX-License-Identifier: Apache-2.0
#include "spaces/count.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "spaces/custom_op.h"
#include "spaces/dtype.h"
#include "spaces/overloaded.h"
#include "spaces/shapes.h"

namespace parnas::spaces {
namespace {

using Shapes = std::span<const Shape>;

// Sums and products of counts stop at the largest integer.
std::int64_t plus(std::int64_t left, std::int64_t right) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(left, right, &sum) ? std::numeric_limits<std::int64_t>::max()
                                                     : sum;
}

template <typename... Rest>
std::int64_t times(std::int64_t left, std::int64_t right, Rest... rest) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(left, right, &product))
        product = std::numeric_limits<std::int64_t>::max();
    if constexpr (sizeof...(rest) == 0)
        return product;
    else
        return times(product, rest...);
}

std::int64_t elements(const Shape& shape) {
    std::int64_t product = 1;
    for (const Dim dim : shape)
        product = times(product, dim);
    return product;
}

// The formulas stand in docs/network.md.
using Work = CustomWork;

Work work_of(const Conv& op, Shapes inputs, const Shape& out) {
    const std::int64_t per_output = times(inputs[0][0] / op.groups, op.kernel[0], op.kernel[1]);
    const std::int64_t bias = op.bias ? 1 : 0;
    return {times(elements(out), per_output + bias), times(op.out, per_output + bias)};
}

Work work_of(const Linear& op, Shapes inputs, const Shape& out) {
    const std::int64_t per_output = inputs[0].back() + (op.bias ? 1 : 0);
    return {times(elements(out), per_output), times(op.out, per_output)};
}

// Squeeze and excite scales every value of a map by one product.
Work work_of(const Multiply&, Shapes, const Shape& out) {
    return {elements(out), 0};
}

Work work_of(const Norm& op, Shapes inputs, const Shape&) {
    if (!op.affine)
        return {};
    if (op.kind == NormKind::rms)
        return {0, inputs[0].back()};
    return {0, 2 * (op.kind == NormKind::layer ? inputs[0].back() : inputs[0].front())};
}

Work work_of(const Embedding& op, Shapes, const Shape&) {
    return {0, times(op.count, op.features)};
}

// Of an attention, beside its projections.
std::int64_t mixing(const Attention& op, Shapes inputs) {
    const std::int64_t length = inputs[0][0];
    const std::int64_t context = inputs.back()[0];
    const std::int64_t features = inputs[0][1];
    switch (op.kind) {
        case AttentionKind::full:
            return times(2, length, context, features);
        case AttentionKind::local:
            return times(2, length, std::min(op.window, context), features);
        case AttentionKind::linear:
            break;
    }
    return plus(times(plus(length, context), features, features / op.heads),
                times(length, features));
}

Work work_of(const Attention& op, Shapes inputs, const Shape&) {
    const std::int64_t features = inputs[0][1];
    const std::int64_t projection = times(features, features + 1);
    const std::int64_t places = plus(inputs[0][0], inputs.back()[0]);
    return {plus(times(2, places, projection), mixing(op, inputs)), times(4, projection)};
}

Work work_of(const Recurrent& op, Shapes inputs, const Shape&) {
    const std::int64_t gates = op.kind == RecurrentKind::lstm ? 4 : 3;
    const std::int64_t parameters =
        times(op.bidirectional ? 2 : 1, gates, op.hidden, inputs[0][1] + op.hidden + 2);
    return {times(inputs[0][0], parameters), parameters};
}

Work work_of(const MessagePassing& op, Shapes inputs, const Shape&) {
    const std::int64_t nodes = inputs[0][0];
    const std::int64_t in = inputs[0][1];
    const std::int64_t edges = inputs[1][1];
    const std::int64_t weights = times(in, op.out);
    const std::int64_t affine = times(nodes, op.out, in + 1);
    switch (op.kind) {
        case MessageKind::gcn:
            return {plus(affine, times(edges + nodes, op.out)), plus(weights, op.out)};
        case MessageKind::sage:
        case MessageKind::graph:
        case MessageKind::cheb:
            return {plus(plus(affine, times(nodes, weights)), times(edges, in)),
                    plus(times(2, weights), op.out)};
        case MessageKind::arma:
            return {plus(plus(affine, times(nodes, weights)), times(edges, op.out)),
                    plus(times(2, weights), op.out)};
        case MessageKind::gat:
            return {plus(affine, times(edges + 3 * nodes, op.out)),
                    plus(weights, times(3, op.out))};
        case MessageKind::gin:
            break;
    }
    return {plus(affine, times(edges + nodes, in)), plus(weights, op.out)};
}

Work work_of(const Custom& op, Shapes inputs, const Shape&) {
    return definition_of(op).work(op, inputs);
}

template <typename Weightless>
Work work_of(const Weightless&, Shapes, const Shape&) {
    return {};
}

bool only_views(const Op& op) {
    return std::holds_alternative<Identity>(op) || std::holds_alternative<Dropout>(op) ||
           std::holds_alternative<Reshape>(op);
}

// The network with every symbol replaced by its size.
Network with_sizes(Network network, const SymbolSizes& sizes) {
    const auto substitute = [&](Shape& shape) {
        for (Dim& dim : shape) {
            if (dim >= 0)
                continue;
            const auto symbol = static_cast<std::size_t>(-1 - dim);
            const auto found =
                symbol < network.symbols.size() ? sizes.find(network.symbols[symbol]) : sizes.end();
            dim = found == sizes.end() ? 1 : found->second;
        }
    };
    for (Input& input : network.inputs)
        substitute(input.shape);
    for (Node& node : network.nodes)
        if (auto* reshape = std::get_if<Reshape>(&node.op))
            substitute(reshape->shape);
    return network;
}

// Counts a network without symbols.
class Counter {
  public:
    explicit Counter(const Network& network) : network_(network) {
        bytes_.reserve(network.inputs.size() + network.nodes.size());
        counts_.reserve(network.nodes.size());
        for (const Input& input : network.inputs)
            bytes_.push_back(times(elements(input.shape), byte_size(input.dtype)));
        visit_shapes(network, [this](std::size_t node, Shapes inputs, const Shape& output) {
            count_node(network_.nodes[node], inputs, output);
        });
    }

    // By node.
    std::vector<Count>& counts() { return counts_; }

    std::int64_t peak_activation_bytes() const {
        const std::size_t first = network_.inputs.size();
        const std::vector<std::size_t> roots = storage();
        const std::vector<std::vector<std::size_t>> freed = freed_after(roots);

        std::int64_t live = 0;
        for (std::size_t i = 0; i < first; ++i)
            live = plus(live, bytes_[i]);
        std::int64_t peak = live;
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            const std::size_t value = first + i;
            if (roots[value] == value)
                live = plus(live, bytes_[value]);
            peak = std::max(peak, live);
            for (const std::size_t dead : freed[i])
                live -= bytes_[dead];
        }
        return peak;
    }

  private:
    void count_node(const Node& node, Shapes inputs, const Shape& output) {
        const std::size_t value = bytes_.size();
        bytes_.push_back(times(elements(output), byte_size(node.precision)));
        Count& count = counts_.emplace_back();
        if (only_views(node.op))
            return;
        const Work work =
            std::visit([&](const auto& op) { return work_of(op, inputs, output); }, node.op);
        const std::int64_t value_bytes = byte_size(node.precision);
        count.multiply_adds = work.multiply_adds;
        count.parameters = work.parameters;
        count.weight_bytes = times(work.parameters, byte_size(node.precision));
        count.bytes_read = work.values_read
                               ? plus(count.weight_bytes, times(*work.values_read, value_bytes))
                               : bytes_read(node, value, count.weight_bytes);
        count.bytes_written =
            work.values_written ? times(*work.values_written, value_bytes) : bytes_[value];
    }

    std::int64_t bytes_read(const Node& node, std::size_t value, std::int64_t weights) const {
        if (std::holds_alternative<Zero>(node.op))
            return 0;
        std::int64_t bytes = weights;
        if (std::holds_alternative<Embedding>(node.op))
            bytes = bytes_[value];  // one row for each entry, not the table
        for (auto it = node.inputs.begin(); it != node.inputs.end(); ++it)
            if (std::find(node.inputs.begin(), it, *it) == it)
                bytes = plus(bytes, bytes_[static_cast<std::size_t>(*it)]);
        return bytes;
    }

    // By value: the value that holds its memory.
    std::vector<std::size_t> storage() const {
        const std::size_t first = network_.inputs.size();
        std::vector<std::size_t> roots(bytes_.size());
        for (std::size_t value = 0; value < roots.size(); ++value) {
            roots[value] = value;
            if (value >= first && only_views(network_.nodes[value - first].op))
                roots[value] =
                    roots[static_cast<std::size_t>(network_.nodes[value - first].inputs[0])];
        }
        return roots;
    }

    // By node: the values whose memory is free after it.
    std::vector<std::vector<std::size_t>> freed_after(const std::vector<std::size_t>& roots) const {
        const std::size_t first = network_.inputs.size();
        std::vector<std::size_t> last(roots.size());
        for (std::size_t value = 0; value < roots.size(); ++value)
            last[value] = value < first ? 0 : value - first;
        for (std::size_t i = 0; i < network_.nodes.size(); ++i)
            for (const ValueId id : network_.nodes[i].inputs)
                last[roots[static_cast<std::size_t>(id)]] = i;
        for (const ValueId id : network_.outputs)
            last[roots[static_cast<std::size_t>(id)]] = network_.nodes.size();  // never

        std::vector<std::vector<std::size_t>> freed(network_.nodes.size());
        for (std::size_t value = 0; value < roots.size(); ++value)
            if (roots[value] == value && last[value] < freed.size())
                freed[last[value]].push_back(value);
        return freed;
    }

    const Network& network_;
    std::vector<std::int64_t> bytes_;  // by value
    std::vector<Count> counts_;
};

Count total(const Network& network) {
    Counter counter(network);
    Count sum;
    for (const Count& each : counter.counts()) {
        sum.multiply_adds = plus(sum.multiply_adds, each.multiply_adds);
        sum.parameters = plus(sum.parameters, each.parameters);
        sum.weight_bytes = plus(sum.weight_bytes, each.weight_bytes);
        sum.bytes_read = plus(sum.bytes_read, each.bytes_read);
        sum.bytes_written = plus(sum.bytes_written, each.bytes_written);
    }
    sum.peak_activation_bytes = counter.peak_activation_bytes();
    return sum;
}

}  // namespace

Count count(const Network& network, const SymbolSizes& sizes) {
    return network.symbols.empty() ? total(network) : total(with_sizes(network, sizes));
}

std::vector<Count> count_nodes(const Network& network, const SymbolSizes& sizes) {
    if (network.symbols.empty())
        return std::move(Counter(network).counts());
    return std::move(Counter(with_sizes(network, sizes)).counts());
}

}  // namespace parnas::spaces
