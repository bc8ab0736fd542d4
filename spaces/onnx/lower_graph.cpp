// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"
#include "spaces/onnx/lower.h"
#include "spaces/onnx/onnx.h"

// Message passing as evaluators/torch/graph_layers.cpp has it, each graph of a batch on its own.
namespace parnas::spaces::onnx {
namespace {

constexpr float kLargestExponent = 60.0F;
const Attributes kAlongNodes{{"axis", std::int64_t{1}}};

class Messages {
  public:
    explicit Messages(const Place& at) : graph_(at.graph) {
        from_ = ends(at.inputs[1], 0);
        to_ = ends(at.inputs[1], 1);
    }

    // {batch, nodes, features} -> {batch, edges, features}: of each edge's first or last node.
    std::string at_first(const std::string& values, std::int64_t features) {
        return graph_.add("GatherElements", {values, wide(from_, features)}, kAlongNodes);
    }
    std::string at_last(const std::string& values, std::int64_t features) {
        return graph_.add("GatherElements", {values, wide(to_, features)}, kAlongNodes);
    }
    // To the rows of `start`, {batch, nodes, features}, those of the edges that end there.
    std::string add_to(const std::string& start, const std::string& rows, std::int64_t features) {
        Attributes attributes = kAlongNodes;
        attributes.emplace_back("reduction", std::string("add"));
        return graph_.add("ScatterElements", {start, wide(to_, features), rows}, attributes);
    }
    std::string sum(const std::string& nodes, const std::string& rows, std::int64_t features) {
        return add_to(zeros_like(nodes, graph_), rows, features);
    }
    // `start` and the number of edges that end at each node, {batch, nodes, 1}.
    std::string degree(const std::string& nodes, float start) {
        const std::string column = graph_.add(
            "Slice", {nodes, graph_.integers({0}), graph_.integers({1}), graph_.integers({2})});
        const std::string edges =
            graph_.add("Cast", {to_}, {{"to", std::int64_t{1}}});  // TensorProto::FLOAT
        return add_to(constant_like(column, start), constant_like(edges, 1.0F), 1);
    }

  private:
    // {batch, 2, edges} -> {batch, edges, 1}
    std::string ends(const std::string& edges, std::int64_t which) {
        const std::string row = graph_.add(
            "Slice",
            {edges, graph_.integers({which}), graph_.integers({which + 1}), graph_.integers({1})});
        return graph_.add("Transpose", {row}, {{"perm", std::vector<std::int64_t>{0, 2, 1}}});
    }
    std::string wide(const std::string& indices, std::int64_t features) {
        return features == 1 ? indices
                             : graph_.add("Expand", {indices, graph_.integers({1, 1, features})});
    }
    std::string constant_like(const std::string& value, float constant) {
        return clip(value, constant, constant, graph_);
    }

    Graph& graph_;
    std::string from_;
    std::string to_;
};

std::string gcn(Messages& messages, const std::string& hidden, std::int64_t out, const Place& at) {
    Graph& graph = at.graph;
    const std::string root = graph.add("Sqrt", {messages.degree(at.in(), 1.0F)});
    const std::string scaled = graph.add("Div", {hidden, root});
    const std::string sum = messages.add_to(scaled, messages.at_first(scaled, out), out);
    return graph.add("Div", {sum, root});
}

std::string sage(Messages& messages, const Projection& own, const Place& at) {
    Graph& graph = at.graph;
    const std::string sum = messages.sum(at.in(), messages.at_first(at.in(), own.in), own.in);
    const std::string degree =
        graph.add("Max", {messages.degree(at.in(), 0.0F), graph.number(1.0F)});
    Projection neighbours = own;
    neighbours.weight = "neighbour_weight";
    return graph.add("Add",
                     {project(at.in(), own, graph),
                      project(graph.add("Div", {sum, degree}), neighbours, graph)});
}

std::string gat(Messages& messages, const std::string& hidden, std::int64_t out, const Place& at) {
    Graph& graph = at.graph;
    const auto score = [&](const char* name) {
        return graph.add(
            "MatMul",
            {hidden,
             graph.tensor(name, {out, 1}, graph.weight_values(name, {out}, WeightRole::kernel))});
    };
    const auto leaky = [&](const std::string& value) {
        return graph.add("LeakyRelu", {value}, {{"alpha", 0.2F}});
    };
    const std::string from = score("from_weight");
    const std::string to = score("to_weight");
    const std::string own = leaky(graph.add("Add", {from, to}));
    const std::string scores =
        leaky(graph.add("Add", {messages.at_first(from, 1), messages.at_last(to, 1)}));
    // Relative to the self loop, whose share is 1.
    const std::string relative = graph.add("Sub", {scores, messages.at_last(own, 1)});
    const std::string share =
        graph.add("Exp", {graph.add("Min", {relative, graph.number(kLargestExponent)})});
    const std::string weighted = graph.add("Mul", {messages.at_first(hidden, out), share});
    const std::string ones = clip(own, 1.0F, 1.0F, graph);
    return graph.add("Div",
                     {messages.add_to(hidden, weighted, out), messages.add_to(ones, share, 1)});
}

// Of each node's neighbours, both ends' degrees divided out; a node without edges gets 0.
std::string normalised_sums(Messages& messages,
                            const std::string& values,
                            std::int64_t features,
                            const Place& at) {
    Graph& graph = at.graph;
    const std::string degree =
        graph.add("Max", {messages.degree(at.in(), 0.0F), graph.number(1.0F)});
    const std::string root = graph.add("Sqrt", {degree});
    const std::string scaled = graph.add("Div", {values, root});
    return graph.add("Div",
                     {messages.sum(values, messages.at_first(scaled, features), features), root});
}

std::string cheb(Messages& messages, const Projection& own, const Place& at) {
    Projection neighbours = own;
    neighbours.weight = "neighbour_weight";
    return at.graph.add(
        "Sub",
        {project(at.in(), own, at.graph),
         project(normalised_sums(messages, at.in(), own.in, at), neighbours, at.graph)});
}

std::string arma(Messages& messages, const Projection& own, const Place& at) {
    Projection neighbours = own;
    neighbours.weight = "neighbour_weight";
    const std::string hidden = project(at.in(), neighbours, at.graph);
    return at.graph.add(
        "Add", {project(at.in(), own, at.graph), normalised_sums(messages, hidden, own.out, at)});
}

std::string k_gnn(Messages& messages, const Projection& own, const Place& at) {
    Projection neighbours = own;
    neighbours.weight = "neighbour_weight";
    const std::string sum = messages.sum(at.in(), messages.at_first(at.in(), own.in), own.in);
    return at.graph.add("Add",
                        {project(at.in(), own, at.graph), project(sum, neighbours, at.graph)});
}

}  // namespace

std::string lower(const MessagePassing& op, const Place& at) {
    Graph& graph = at.graph;
    if (graph.opset() < kLeastGraphOpset)
        throw Error(ErrorKind::invalid_input,
                    "message passing needs opset 16, the first that adds values up by index");
    const Projection linear{.weight = "weight", .bias = {}, .in = at.shapes[0][1], .out = op.out};
    Messages messages(at);
    std::string out;
    switch (op.kind) {
        case MessageKind::gcn:
            out = gcn(messages, project(at.in(), linear, graph), op.out, at);
            break;
        case MessageKind::sage:
            out = sage(messages, linear, at);
            break;
        case MessageKind::gat:
            out = gat(messages, project(at.in(), linear, graph), op.out, at);
            break;
        case MessageKind::cheb:
            out = cheb(messages, linear, at);
            break;
        case MessageKind::arma:
            out = arma(messages, linear, at);
            break;
        case MessageKind::graph:
            out = k_gnn(messages, linear, at);
            break;
        case MessageKind::gin:
            out =
                project(messages.add_to(at.in(), messages.at_first(at.in(), linear.in), linear.in),
                        linear,
                        graph);
            break;
    }
    out = graph.add("Add", {out, graph.weight("bias", {op.out}, WeightRole::bias)});
    return op.kind == MessageKind::arma ? graph.add("Relu", {out}) : out;
}

}  // namespace parnas::spaces::onnx
