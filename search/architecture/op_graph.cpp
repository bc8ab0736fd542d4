// SPDX-License-Identifier: Apache-2.0
#include "search/architecture/op_graph.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "core/hash.h"

namespace parnas::search {
namespace {

// What an op's attributes are taken for that follow from the channels that come in.
constexpr std::int64_t kSomeChannels = 64;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t words[] = {a, b};
    return hash_words(words).low;
}

// What a block on an edge does: nullopt is a zero, an empty text hands on what comes in.
class Labels {
  public:
    Labels(std::span<const spaces::Param> params, const Genotype& genotype)
        : params_(params), genotype_(genotype) {}

    std::optional<std::string> label(const spaces::Block& block) const {
        return std::visit([&](const auto& kind) { return of(kind); }, block.kind);
    }

    std::size_t chosen(spaces::ParamIndex param) const {
        return static_cast<std::size_t>(std::get<std::int64_t>(genotype_.values[param]));
    }

  private:
    using Label = std::optional<std::string>;

    Label of(const spaces::Layer& layer) const {
        if (layer.type->name == "zero")
            return std::nullopt;
        if (layer.type->name == "identity")
            return "";
        std::string text = layer.type->name;
        for (const spaces::Expression& attribute : layer.attributes)
            text += ',' + parnas::to_string(value(attribute));
        return text + ';';
    }

    Label of(const spaces::Sequence& sequence) const {
        std::string text;
        for (const spaces::Block& block : sequence.blocks) {
            const Label each = label(block);
            if (!each)
                return std::nullopt;
            text += *each;
        }
        return text;
    }

    Label of(const spaces::Choice& choice) const {
        return label(choice.options[chosen(choice.param)]);
    }

    Label of(const spaces::Repeat& repeat) const {
        const Scalar times = value(repeat.times);
        const auto* count = std::get_if<std::int64_t>(&times);
        std::string text;
        for (std::size_t i = 0; count != nullptr && std::cmp_less(i, *count); ++i) {
            const Label each = label(repeat.bodies.at(i));
            if (!each)
                return std::nullopt;
            text += *each;
        }
        return text;
    }

    Label of(const spaces::Branches& branches) const {
        std::vector<std::string> texts;
        for (const spaces::Block& block : branches.blocks)
            if (const Label each = label(block))
                texts.push_back(*each);
            else if (branches.join == spaces::Join::multiply)
                return std::nullopt;
            else if (branches.join == spaces::Join::concat)
                texts.emplace_back("zero");
        if (texts.empty())
            return std::nullopt;
        if (branches.join != spaces::Join::concat)
            std::ranges::sort(texts);
        std::string text = "(" + std::to_string(static_cast<int>(branches.join));
        for (const std::string& each : texts)
            text += '|' + each;
        return text + ')';
    }

    // A cell within a cell.
    Label of(const spaces::Cell& cell) const {
        const OpGraph graph = op_graph(cell, params_, genotype_);
        if (graph.output.empty())
            return std::nullopt;
        std::uint64_t sum = 0;
        for (const auto& [key, count] : subtree_counts(graph, static_cast<int>(graph.ops.size())))
            sum = mix(sum, mix(key, static_cast<std::uint64_t>(count)));
        return "cell" + std::to_string(sum) + ';';
    }

    Scalar value(const spaces::Expression& expression) const {
        return spaces::evaluate(expression,
                                {.param =
                                     [this](spaces::ParamIndex index) {
                                         return spaces::to_scalar(params_[index].domain,
                                                                  genotype_.values[index]);
                                     },
                                 .same = kSomeChannels});
    }

    std::span<const spaces::Param> params_;
    const Genotype& genotype_;
};

// The edges that a node reads, ascending.
std::vector<std::size_t> edges_of(const spaces::CellNode& node, const Labels& labels) {
    if (node.inputs)
        return node.subsets[labels.chosen(*node.inputs)];
    std::vector<std::size_t> all(node.edges.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

OpGraph::Terms joined(const OpGraph::Terms& a, const OpGraph::Terms& b) {
    OpGraph::Terms both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return both;
}

// Drops what does not reach the output. Terms come before their ops.
OpGraph without_dead(const OpGraph& graph) {
    std::vector<bool> needed(graph.inputs + graph.ops.size(), false);
    for (const std::size_t term : graph.output)
        needed[term] = true;
    for (std::size_t i = graph.ops.size(); i-- > 0;)
        if (needed[graph.inputs + i])
            for (const std::size_t term : graph.ops[i].terms)
                needed[term] = true;
    OpGraph live{.inputs = graph.inputs};
    std::vector<std::size_t> places(needed.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto moved = [&](OpGraph::Terms terms) {
        for (std::size_t& term : terms)
            term = places[term];
        return terms;
    };
    for (std::size_t i = 0; i < graph.ops.size(); ++i) {
        if (!needed[graph.inputs + i])
            continue;
        places[graph.inputs + i] = live.inputs + live.ops.size();
        live.ops.push_back({.label = graph.ops[i].label, .terms = moved(graph.ops[i].terms)});
    }
    live.output = moved(graph.output);
    return live;
}

}  // namespace

OpGraph op_graph(const spaces::Cell& cell,
                 std::span<const spaces::Param> params,
                 const Genotype& genotype) {
    const Labels labels(params, genotype);
    OpGraph graph{.inputs = cell.inputs};
    std::vector<OpGraph::Terms> values;  // of the cell's inputs and nodes
    for (std::size_t i = 0; i < cell.inputs; ++i)
        values.push_back({i});
    for (const spaces::CellNode& node : cell.nodes) {
        OpGraph::Terms sum;
        for (const std::size_t edge : edges_of(node, labels)) {
            const OpGraph::Terms& from = values[node.from[edge]];
            const std::optional<std::string> label = labels.label(node.edges[edge]);
            if (from.empty() || !label)
                continue;
            if (label->empty()) {
                sum = joined(sum, from);
                continue;
            }
            sum = joined(sum, {graph.inputs + graph.ops.size()});
            graph.ops.push_back({.label = hash_bytes(*label).low, .terms = from});
        }
        values.push_back(std::move(sum));
    }
    const std::size_t first =
        cell.combine == spaces::Combine::last ? values.size() - 1 : cell.inputs;
    for (std::size_t i = first; i < values.size(); ++i)
        graph.output = joined(graph.output, values[i]);
    return without_dead(graph);
}

Counts label_counts(const OpGraph& graph) {
    Counts counts;
    for (const OpGraph::Op& op : graph.ops)
        counts[op.label] += 1.0;
    return counts;
}

Counts path_presence(const OpGraph& graph) {
    std::vector<std::set<std::uint64_t>> paths;  // to each term
    for (std::size_t i = 0; i < graph.inputs; ++i)
        paths.push_back({mix(i, 0)});
    for (const OpGraph::Op& op : graph.ops) {
        std::set<std::uint64_t> through;
        for (const std::size_t term : op.terms)
            for (const std::uint64_t path : paths[term])
                through.insert(mix(path, op.label));
        paths.push_back(std::move(through));
    }
    Counts present;
    for (const std::size_t term : graph.output)
        for (const std::uint64_t path : paths[term])
            present[path] = 1.0;
    return present;
}

double most_paths(const spaces::Cell& cell) {
    std::vector<double> paths(cell.inputs, 1.0);
    for (const spaces::CellNode& node : cell.nodes) {
        const auto through = [&](const std::vector<std::size_t>& edges) {
            double sum = 0.0;
            for (const std::size_t edge : edges)
                sum += paths[node.from[edge]];
            return sum;
        };
        std::vector<std::size_t> all(node.edges.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        double most = node.subsets.empty() ? through(all) : 0.0;
        for (const std::vector<std::size_t>& subset : node.subsets)
            most = std::max(most, through(subset));
        paths.push_back(most);
    }
    if (cell.combine == spaces::Combine::last)
        return paths.back();
    return std::accumulate(
        paths.begin() + static_cast<std::ptrdiff_t>(cell.inputs), paths.end(), 0.0);
}

Counts subtree_counts(const OpGraph& graph, int depth) {
    std::vector<std::uint64_t> colours;
    for (std::size_t i = 0; i < graph.inputs; ++i)
        colours.push_back(mix(i, 1));
    for (const OpGraph::Op& op : graph.ops)
        colours.push_back(op.label);
    colours.push_back(mix(0, 2));  // the output
    const auto refined = [&](std::uint64_t colour, const OpGraph::Terms& terms) {
        std::uint64_t around = 0;  // in any order
        for (const std::size_t term : terms)
            around += mix(colours[term], 3);
        return mix(colour, around);
    };
    Counts counts;
    const auto count = [&] {
        for (std::size_t i = graph.inputs; i < colours.size(); ++i)
            counts[colours[i]] += 1.0;
    };
    count();
    for (int step = 0; step < depth; ++step) {
        std::vector<std::uint64_t> next = colours;
        for (std::size_t i = 0; i < graph.ops.size(); ++i)
            next[graph.inputs + i] = refined(colours[graph.inputs + i], graph.ops[i].terms);
        next.back() = refined(colours.back(), graph.output);
        colours = std::move(next);
        count();
    }
    return counts;
}

}  // namespace parnas::search
