// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "evaluators/torch/layers.h"

namespace parnas::evaluators {
namespace {

using Inputs = std::span<const at::Tensor>;

constexpr double kLargestExponent = 60.0;

// A batch of graphs as one: the nodes of graph b follow those of graph b - 1.
struct JoinedGraph {
    at::Tensor nodes;  // {all nodes, features}
    at::Tensor from;   // {all edges}
    at::Tensor to;
};

JoinedGraph join(const at::Tensor& nodes, const at::Tensor& edges) {
    const at::Tensor first = at::arange(nodes.size(0), edges.options()) * nodes.size(1);
    const at::Tensor shifted = edges + first.view({-1, 1, 1});
    return {nodes.reshape({-1, nodes.size(2)}),
            shifted.select(1, 0).reshape({-1}),
            shifted.select(1, 1).reshape({-1})};
}

// At each node, the sum of `messages` (one row per edge) along its incoming edges.
at::Tensor gather_sums(const JoinedGraph& graph, const at::Tensor& messages) {
    std::vector<std::int64_t> shape = messages.sizes().vec();
    shape[0] = graph.nodes.size(0);
    return at::zeros(shape, messages.options()).index_add(0, graph.to, messages);
}

// The number of incoming edges of each node.
at::Tensor in_degree(const JoinedGraph& graph) {
    return gather_sums(graph, at::ones({graph.to.size(0)}, graph.nodes.options()));
}

// Kipf and Welling 2017: symmetric normalisation, with self loops.
at::Tensor gcn(const JoinedGraph& graph, const at::Tensor& weight) {
    const at::Tensor hidden = at::linear(graph.nodes, weight);
    const at::Tensor scale = at::rsqrt(in_degree(graph) + 1.0).unsqueeze(1);
    const at::Tensor messages = (hidden * scale).index_select(0, graph.from);
    return (gather_sums(graph, messages) + hidden * scale) * scale;
}

// Hamilton et al. 2017, mean aggregator.
at::Tensor sage(const JoinedGraph& graph,
                const at::Tensor& weight,
                const at::Tensor& neighbour_weight) {
    const at::Tensor sum = gather_sums(graph, graph.nodes.index_select(0, graph.from));
    const at::Tensor mean = sum / in_degree(graph).clamp_min(1.0).unsqueeze(1);
    return at::linear(graph.nodes, weight) + at::linear(mean, neighbour_weight);
}

// Velickovic et al. 2018, one head, with self loops.
at::Tensor gat(const JoinedGraph& graph,
               const at::Tensor& weight,
               const at::Tensor& from_weight,
               const at::Tensor& to_weight) {
    const at::Tensor hidden = at::linear(graph.nodes, weight);
    const at::Tensor from_score = at::mv(hidden, from_weight);
    const at::Tensor to_score = at::mv(hidden, to_weight);
    const at::Tensor own = at::leaky_relu(from_score + to_score, 0.2);
    const at::Tensor score = at::leaky_relu(
        from_score.index_select(0, graph.from) + to_score.index_select(0, graph.to), 0.2);
    // The softmax is taken relative to the self loop's score, whose share is thus 1, and
    // bounded, so that it cannot overflow.
    const at::Tensor relative = score - own.index_select(0, graph.to);
    const at::Tensor share = at::exp(relative.clamp_max(kLargestExponent));
    const at::Tensor messages = hidden.index_select(0, graph.from) * share.unsqueeze(1);
    const at::Tensor total = gather_sums(graph, share) + 1.0;
    return (gather_sums(graph, messages) + hidden) / total.unsqueeze(1);
}

// Xu et al. 2019 with epsilon 0 and one linear layer.
at::Tensor gin(const JoinedGraph& graph, const at::Tensor& weight) {
    const at::Tensor sum = gather_sums(graph, graph.nodes.index_select(0, graph.from));
    return at::linear(graph.nodes + sum, weight);
}

// D^-1/2 A D^-1/2 x, without self loops; a node without edges gets 0.
at::Tensor normalised_sums(const JoinedGraph& graph, const at::Tensor& x) {
    const at::Tensor degree = in_degree(graph);
    const at::Tensor scale = at::rsqrt(degree.clamp_min(1.0)).unsqueeze(1);
    return gather_sums(graph, (x * scale).index_select(0, graph.from)) * scale;
}

// Defferrard et al. 2016, order 2: the largest eigenvalue of the Laplacian is taken as 2.
at::Tensor cheb(const JoinedGraph& graph,
                const at::Tensor& weight,
                const at::Tensor& neighbour_weight) {
    return at::linear(graph.nodes, weight) -
           at::linear(normalised_sums(graph, graph.nodes), neighbour_weight);
}

// Bianchi et al. 2021, one stack of one layer with its ReLU.
at::Tensor arma(const JoinedGraph& graph,
                const at::Tensor& weight,
                const at::Tensor& neighbour_weight,
                const at::Tensor& bias) {
    return at::relu(at::linear(graph.nodes, weight) +
                    normalised_sums(graph, at::linear(graph.nodes, neighbour_weight)) + bias);
}

// Morris et al. 2019: 1-GNN with a sum over neighbours.
at::Tensor k_gnn(const JoinedGraph& graph,
                 const at::Tensor& weight,
                 const at::Tensor& neighbour_weight) {
    const at::Tensor sum = gather_sums(graph, graph.nodes.index_select(0, graph.from));
    return at::linear(graph.nodes, weight) + at::linear(sum, neighbour_weight);
}

bool weighs_neighbours(spaces::MessageKind kind) {
    return kind == spaces::MessageKind::sage || kind == spaces::MessageKind::cheb ||
           kind == spaces::MessageKind::arma || kind == spaces::MessageKind::graph;
}

}  // namespace

Layer make_layer(const spaces::MessagePassing& op, const Site& site) {
    const std::int64_t in = site.inputs[0][1];
    const double bound = 1.0 / std::sqrt(static_cast<double>(in));
    const double attention_bound = 1.0 / std::sqrt(static_cast<double>(op.out));
    const Weight weight = site.parameter("weight", {op.out, in}, Start::uniform, bound);
    Weight first, second;  // what the kind needs besides
    if (weighs_neighbours(op.kind))
        first = site.parameter("neighbour_weight", {op.out, in}, Start::uniform, bound);
    if (op.kind == spaces::MessageKind::gat) {
        first = site.parameter("from_weight", {op.out}, Start::uniform, attention_bound);
        second = site.parameter("to_weight", {op.out}, Start::uniform, attention_bound);
    }
    const Weight bias = site.parameter("bias", {op.out}, Start::constant, 0.0);
    return [=](Inputs x, const Pass&) {
        const JoinedGraph graph = join(x[0], x[1]);
        const auto shaped = [&](const at::Tensor& out) {
            return out.view({x[0].size(0), x[0].size(1), op.out});
        };
        switch (op.kind) {
            case spaces::MessageKind::gcn:
                return shaped(gcn(graph, weight()) + bias());
            case spaces::MessageKind::sage:
                return shaped(sage(graph, weight(), first()) + bias());
            case spaces::MessageKind::gat:
                return shaped(gat(graph, weight(), first(), second()) + bias());
            case spaces::MessageKind::gin:
                break;
            case spaces::MessageKind::cheb:
                return shaped(cheb(graph, weight(), first()) + bias());
            case spaces::MessageKind::arma:
                return shaped(arma(graph, weight(), first(), bias()));
            case spaces::MessageKind::graph:
                return shaped(k_gnn(graph, weight(), first()) + bias());
        }
        return shaped(gin(graph, weight()) + bias());
    };
}

}  // namespace parnas::evaluators
