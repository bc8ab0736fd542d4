// SPDX-License-Identifier: Apache-2.0
#include "spaces/canonical_graph.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_map>
#include <utility>

#include "spaces/op_attributes.h"
#include "spaces/shapes.h"
#include "spaces/simplify.h"
#include "spaces/zeros.h"

namespace parnas::spaces {
namespace {

using Words = std::vector<std::uint64_t>;
using Terms = std::vector<Edge>;  // ascending vertices, each once

// What a vertex is: the first word of its label.
enum class VertexKind : std::uint64_t { input, output, op, sum, zero };

std::uint64_t word(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
}

Words words_of(VertexKind kind) {
    return {static_cast<std::uint64_t>(kind)};
}

class Builder {
  public:
    explicit Builder(Network network) : network_(std::move(network)) { number_symbols(); }

    Graph run() {
        find_zeros();
        find_needed();
        for (std::size_t i = 0; i < network_.inputs.size(); ++i)
            add_input(i);
        for (std::size_t i = 0; i < network_.nodes.size(); ++i)
            if (needed_[at(network_.id_of(i))])
                add_node(i);
        for (std::size_t i = 0; i < network_.outputs.size(); ++i) {
            Words words = words_of(VertexKind::output);
            words.push_back(i);
            const std::uint32_t source = vertex_of(network_.outputs[i]);
            connect(add_vertex(hash_words(words)), {source, 0});
        }
        return std::move(graph_);
    }

  private:
    static std::size_t at(ValueId id) { return static_cast<std::size_t>(id); }
    const Node& node_of(ValueId id) const {
        return network_.nodes[at(id) - network_.inputs.size()];
    }
    bool is_sum(ValueId id) const {
        return at(id) >= network_.inputs.size() && std::holds_alternative<Add>(node_of(id).op);
    }

    // Symbols are told apart by where the inputs first have them, not by their names.
    void number_symbols() {
        ranks_.assign(network_.symbols.size(), network_.symbols.size());
        std::size_t next = 0;
        for (const Input& input : network_.inputs)
            for (const Dim dim : input.shape) {
                const auto symbol = static_cast<std::size_t>(-1 - dim);
                if (dim < 0 && symbol < ranks_.size() && ranks_[symbol] == ranks_.size())
                    ranks_[symbol] = next++;
            }
    }

    void append(Words& words, const Shape& shape) const {
        words.push_back(shape.size());
        for (const Dim dim : shape) {
            const auto symbol = static_cast<std::size_t>(-1 - dim);
            words.push_back(dim < 0 && symbol < ranks_.size() ? ~std::uint64_t{ranks_[symbol]}
                                                              : word(dim));
        }
    }

    template <typename Field>
    void append_field(Words& words, const Field& field) const {
        if constexpr (std::is_same_v<Field, Shape>) {
            append(words, field);
        } else if constexpr (std::is_same_v<Field, Extent>) {
            words.push_back(word(field[0]));
            words.push_back(word(field[1]));
        } else if constexpr (std::is_same_v<Field, double>) {
            words.push_back(std::bit_cast<std::uint64_t>(field));
        } else if constexpr (std::is_same_v<Field, std::string>) {
            const Digest digest = hash_bytes(field);
            words.push_back(digest.high);
            words.push_back(digest.low);
        } else {
            words.push_back(static_cast<std::uint64_t>(field));
        }
    }

    Digest label_of(const Node& node) const {
        Words words = words_of(VertexKind::op);
        words.reserve(16);
        words.push_back(node.op.index());
        words.push_back(static_cast<std::uint64_t>(node.precision));
        words.push_back(std::bit_cast<std::uint32_t>(node.sparsity));
        std::visit(
            [&](const auto& op) {
                visit_hashed_attributes(op, [&](const auto& field) { append_field(words, field); });
            },
            node.op);
        return hash_words(words);
    }

    // Only zeros whose shape is known: the others stay ops.
    void find_zeros() {
        zeros_.assign(network_.inputs.size() + network_.nodes.size(), std::nullopt);
        if (!has_zeros(network_))
            return;
        std::vector<bool> zero(zeros_.size(), false);
        std::vector<std::optional<Shape>> shapes;
        for (const Input& input : network_.inputs)
            shapes.emplace_back(input.shape);
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            const Node& node = network_.nodes[i];
            const std::size_t value = at(network_.id_of(i));
            shapes.push_back(infer_known_shape(node, shapes));
            zero[value] = gives_zero(node, zero);
            if (zero[value])
                zeros_[value] = shapes.back();
        }
    }

    // What outputs need when nothing is needed for a zero.
    void find_needed() {
        needed_.assign(zeros_.size(), false);
        for (const ValueId id : network_.outputs)
            needed_[at(id)] = true;
        for (std::size_t i = network_.nodes.size(); i-- > 0;) {
            const std::size_t value = at(network_.id_of(i));
            if (needed_[value] && !zeros_[value])
                for (const ValueId id : network_.nodes[i].inputs)
                    needed_[at(id)] = true;
        }
        vertices_.assign(zeros_.size(), kNoVertex);
        terms_.resize(zeros_.size());
    }

    std::uint32_t add_vertex(const Digest& label) {
        graph_.labels.push_back(label);
        graph_.inputs.emplace_back();
        graph_.readers.emplace_back();
        return static_cast<std::uint32_t>(graph_.labels.size() - 1);
    }

    void connect(std::uint32_t reader, const Edge& input) {
        graph_.inputs[reader].push_back(input);
        graph_.readers[input.vertex].push_back({reader, input.tag});
    }

    void add_input(std::size_t index) {
        const Input& input = network_.inputs[index];
        Words words = words_of(VertexKind::input);
        words.push_back(index);
        words.push_back(static_cast<std::uint64_t>(input.dtype));
        append(words, input.shape);
        vertices_[index] = add_vertex(hash_words(words));
    }

    void add_node(std::size_t index) {
        const Node& node = network_.nodes[index];
        const ValueId self = network_.id_of(index);
        if (zeros_[at(self)]) {
            Words words = words_of(VertexKind::zero);
            append(words, *zeros_[at(self)]);
            vertices_[at(self)] = shared_vertex(hash_words(words)).first;
            return;
        }
        if (is_sum(self)) {
            terms_[at(self)] = terms_of(node);
            return;
        }
        Terms inputs;
        for (const ValueId id : node.inputs)
            inputs.push_back({vertex_of(id), inputs.size()});
        vertices_[at(self)] = add_vertex(label_of(node));
        for (const Edge& input : inputs)
            connect(vertices_[at(self)], input);
    }

    Terms terms_of(const Node& sum) {
        Terms terms;
        for (const ValueId id : sum.inputs) {
            const bool absorbed =
                is_sum(id) && !zeros_[at(id)] && node_of(id).precision == sum.precision;
            if (absorbed)
                terms.insert(terms.end(), terms_[at(id)].begin(), terms_[at(id)].end());
            else
                terms.push_back({vertex_of(id), 1});
        }
        std::ranges::sort(terms, {}, &Edge::vertex);
        Terms merged;
        for (const Edge& term : terms) {
            if (!merged.empty() && merged.back().vertex == term.vertex)
                merged.back().tag += term.tag;
            else
                merged.push_back(term);
        }
        return merged;
    }

    // A sum gets its vertex when something else than a sum reads it.
    std::uint32_t vertex_of(ValueId id) {
        std::uint32_t& vertex = vertices_[at(id)];
        if (vertex == kNoVertex)
            vertex = sum_vertex(terms_[at(id)], node_of(id).precision);
        return vertex;
    }

    std::uint32_t sum_vertex(const Terms& terms, DType precision) {
        if (terms.size() == 1 && terms[0].tag == 1)
            return terms[0].vertex;
        Words words = words_of(VertexKind::sum);
        words.push_back(static_cast<std::uint64_t>(precision));
        const Digest label = hash_words(words);
        for (const Edge& term : terms) {
            words.push_back(term.vertex);
            words.push_back(term.tag);
        }
        const auto [vertex, added] = shared_vertex(hash_words(words));
        if (added) {
            graph_.labels[vertex] = label;
            for (const Edge& term : terms)
                connect(vertex, term);
        }
        return vertex;
    }

    // The one vertex of this key, and whether it is new; then the key is its label.
    std::pair<std::uint32_t, bool> shared_vertex(const Digest& key) {
        const auto found = shared_.find(key);
        if (found != shared_.end())
            return {found->second, false};
        const std::uint32_t vertex = add_vertex(key);
        shared_.emplace(key, vertex);
        return {vertex, true};
    }

    static constexpr std::uint32_t kNoVertex = ~std::uint32_t{0};

    Network network_;
    std::vector<std::size_t> ranks_;           // by symbol
    std::vector<std::optional<Shape>> zeros_;  // by value: the shape, if it is a zero
    std::vector<bool> needed_;                 // by value
    std::vector<std::uint32_t> vertices_;      // by value
    std::vector<Terms> terms_;                 // by value, of sums
    std::unordered_map<Digest, std::uint32_t> shared_;
    Graph graph_;
};

}  // namespace

Graph normal_graph(const Network& network) {
    return Builder(simplify(network)).run();
}

}  // namespace parnas::spaces
