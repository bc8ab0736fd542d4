// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/onnx.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/draft_file.h"
#include "core/error.h"
#include "spaces/onnx/lower.h"
#include "spaces/shapes.h"

namespace parnas::spaces::onnx {
namespace {

int least_opset(const Node& node, const std::vector<Shape>& shapes) {
    if (std::holds_alternative<MessagePassing>(node.op))
        return kLeastGraphOpset;
    if (std::holds_alternative<Softmax>(node.op) || std::holds_alternative<Resize>(node.op))
        return kLeastAxisOpset;
    const auto* attention = std::get_if<Attention>(&node.op);
    if (attention == nullptr)
        return kLeastOpset;
    const bool open = std::ranges::any_of(
        node.inputs, [&](ValueId id) { return shapes[static_cast<std::size_t>(id)][0] < 0; });
    const bool masked = attention->causal || attention->kind == AttentionKind::local;
    return masked && open ? kLeastMaskOpset : kLeastAxisOpset;
}

int choose_opset(const Network& network,
                 const std::vector<Shape>& shapes,
                 const OnnxOptions& options) {
    int least = kLeastOpset;
    for (const Node& node : network.nodes)
        least = std::max(least, least_opset(node, shapes));
    const int opset = options.opset.value_or(least);
    if (opset < least || opset > kMostOpset)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("this network can be written with opset {} to {}, not {}",
                                least,
                                kMostOpset,
                                opset));
    return opset;
}

// Nodes whose batch norms become part of their weights: the norm's index, by the node's.
class Folding {
  public:
    Folding(const Network& network, const std::vector<Shape>& shapes, bool wanted)
        : norm_of_(network.nodes.size()), folded_(network.nodes.size(), false) {
        if (!wanted)
            return;
        std::vector<std::size_t> readers(shapes.size(), 0);
        for (const Node& node : network.nodes)
            for (const ValueId id : node.inputs)
                ++readers[static_cast<std::size_t>(id)];
        for (const ValueId id : network.outputs)
            ++readers[static_cast<std::size_t>(id)];
        const std::size_t first = network.inputs.size();
        for (std::size_t i = 0; i < network.nodes.size(); ++i) {
            const auto* norm = std::get_if<Norm>(&network.nodes[i].op);
            if (norm == nullptr || norm->kind != NormKind::batch)
                continue;
            const auto source = static_cast<std::size_t>(network.nodes[i].inputs[0]);
            if (source < first || readers[source] != 1)
                continue;
            const Op& op = network.nodes[source - first].op;
            const bool of_vector = std::holds_alternative<Linear>(op) && shapes[source].size() == 1;
            if (!std::holds_alternative<Conv>(op) && !of_vector)
                continue;
            norm_of_[source - first] = &network.nodes[i];
            folded_[i] = true;
        }
    }

    const Node* norm_of(std::size_t node) const { return norm_of_[node]; }
    bool is_folded(std::size_t node) const { return folded_[node]; }

  private:
    std::vector<const Node*> norm_of_;
    std::vector<bool> folded_;
};

class Writer {
  public:
    Writer(const Network& network, WeightValues& weights, const OnnxOptions& options)
        : network_(network),
          options_(options),
          shapes_(infer_shapes(network)),
          folding_(network, shapes_, options.fold_batch_norm),
          graph_(model_, weights) {
        model_.opset = choose_opset(network, shapes_, options);
        model_.metadata = options.metadata;
        for (const std::string& symbol : network.symbols)
            taken_dimensions_.insert(symbol);
        while (taken_dimensions_.contains(batch_))
            batch_ += "_";
    }

    Model write() && {
        for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
            const Input& input = network_.inputs[i];
            values_.push_back(graph_.unique_name(input.name));
            dtypes_.push_back(input.dtype == DType::int64 ? DType::int64 : DType::fp32);
            model_.inputs.push_back(port(values_.back(), dtypes_.back(), shapes_[i]));
        }
        if (options_.scaling)
            scale_first_input(*options_.scaling);
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            const Node& node = network_.nodes[i];
            // Only an embedding makes real values of integers.
            const DType first = dtypes_[static_cast<std::size_t>(node.inputs[0])];
            dtypes_.push_back(std::holds_alternative<Embedding>(node.op) ? DType::fp32 : first);
            values_.push_back(write_node(i));
        }
        write_outputs();
        return std::move(model_);
    }

  private:
    Port port(const std::string& name, DType dtype, const Shape& shape) const {
        Port port{.name = name, .dtype = dtype, .shape = {}};
        if (options_.batch)
            port.shape.emplace_back(*options_.batch);
        else
            port.shape.emplace_back(batch_);
        for (const Dim size : shape) {
            if (size < 0)
                port.shape.emplace_back(network_.symbols[static_cast<std::size_t>(-1 - size)]);
            else
                port.shape.emplace_back(size);
        }
        return port;
    }

    void scale_first_input(const Scaling& scaling) {
        const Shape& shape = shapes_.front();
        const auto channels = static_cast<Dim>(scaling.mean.size());
        if (network_.inputs.empty() || shape.empty() || shape.front() != channels ||
            network_.inputs.front().dtype == DType::int64)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("the weights were trained on data of {} channels, which the "
                                    "network's first input does not take",
                                    channels));
        const std::vector<std::int64_t> wide = per_channel(channels, shape.size());
        std::vector<float> factors;
        for (const float deviation : scaling.deviation)
            factors.push_back(1.0F / deviation);
        graph_.begin("input");
        const std::string centred =
            graph_.add("Sub", {values_.front(), graph_.tensor("mean", wide, scaling.mean)});
        values_.front() =
            graph_.add("Mul", {centred, graph_.tensor("factor", wide, std::move(factors))});
    }

    std::string write_node(std::size_t i) {
        const Node& node = network_.nodes[i];
        const auto input = [&](ValueId id) { return values_[static_cast<std::size_t>(id)]; };
        if (folding_.is_folded(i))
            return input(node.inputs[0]);
        Place place{.graph = graph_,
                    .inputs = {},
                    .shapes = {},
                    .output_shape = shapes_[static_cast<std::size_t>(network_.id_of(i))],
                    .batch = options_.batch,
                    .norm = {}};
        for (const ValueId id : node.inputs) {
            place.inputs.push_back(input(id));
            place.shapes.push_back(shapes_[static_cast<std::size_t>(id)]);
        }
        if (const Node* norm = folding_.norm_of(i)) {
            place.norm = norm->name;
            place.norm_affine = std::get<Norm>(norm->op).affine;
        }
        graph_.begin(node.name);
        try {
            return graph_.finish(lower(node.op, place));
        } catch (const Error& error) {
            throw Error(error.kind(), error.faults().front().message, node.name);
        }
    }

    // Outputs have names of their own, and are made by an operator.
    void write_outputs() {
        std::set<std::string> used;
        for (const Port& input : model_.inputs)
            used.insert(input.name);
        for (const ValueId id : network_.outputs) {
            const auto index = static_cast<std::size_t>(id);
            std::string name = values_[index];
            if (!used.insert(name).second) {
                graph_.begin(index < network_.inputs.size()
                                 ? network_.inputs[index].name
                                 : network_.nodes[index - network_.inputs.size()].name);
                name = graph_.finish(graph_.add("Identity", {name}));
            }
            model_.outputs.push_back(port(name, dtypes_[index], shapes_[index]));
        }
    }

    const Network& network_;
    const OnnxOptions& options_;
    const std::vector<Shape> shapes_;
    const Folding folding_;
    Model model_;
    Graph graph_;
    std::string batch_ = "batch";
    std::set<std::string> taken_dimensions_;
    std::vector<std::string> values_;  // names, by ValueId
    std::vector<DType> dtypes_;        // fp32 or int64, by ValueId
};

bool counts_padding(const Node& node) {
    const auto* pool = std::get_if<Pool>(&node.op);
    return pool != nullptr && pool->kind == PoolKind::average && pool->count_padding &&
           pool->padding != Extent{0, 0};
}

}  // namespace

OnnxModel to_onnx(const Network& network, WeightValues& weights, const OnnxOptions& options) {
    const Model model = Writer(network, weights, options).write();
    OnnxModel result{.bytes = to_bytes(model),
                     .inputs = {},
                     .outputs = {},
                     .counts_padding = std::ranges::any_of(network.nodes, counts_padding)};
    for (const Port& port : model.inputs)
        result.inputs.push_back(port.name);
    for (const Port& port : model.outputs)
        result.outputs.push_back(port.name);
    return result;
}

void write_onnx(const Network& network,
                std::uint64_t seed,
                const std::filesystem::path& path,
                const OnnxOptions& options) {
    RandomWeights weights(seed);
    const OnnxModel model = to_onnx(network, weights, options);
    DraftFile draft(path);
    draft.write(model.bytes);
    draft.keep();
}

}  // namespace parnas::spaces::onnx
