// SPDX-License-Identifier: Apache-2.0
#include "search/architecture/architecture_features.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "core/hash.h"
#include "spaces/canonical_graph.h"
#include "spaces/template.h"

namespace parnas::search {
namespace {

using spaces::Block;
using spaces::ParamIndex;

constexpr double kManyPaths = 256.0;
constexpr int kDepth = 2;            // of subtrees
constexpr double kLength = 4.0;      // of a vector of subtree counts
constexpr double kPlaceScale = 2.0;  // the ends of a range are as far apart as four ops

std::set<ParamIndex> params_of(const spaces::Expression& expression) {
    return expression.params();
}

// Calls `use(param)` for the choices in a block, and `read(param)` for what its expressions read.
class ParamWalk {
  public:
    using Visit = std::function<void(ParamIndex)>;

    ParamWalk(Visit use, Visit read) : use_(std::move(use)), read_(std::move(read)) {}

    void walk(const Block& block) const {
        std::visit([this](const auto& kind) { enter(kind); }, block.kind);
    }

  private:
    void walk(const std::vector<Block>& blocks) const {
        for (const Block& block : blocks)
            walk(block);
    }
    void read(const spaces::Expression& expression) const {
        for (const ParamIndex param : params_of(expression))
            read_(param);
    }
    void enter(const spaces::Layer& layer) const {
        for (const spaces::Expression& attribute : layer.attributes)
            read(attribute);
    }
    void enter(const spaces::Sequence& sequence) const { walk(sequence.blocks); }
    void enter(const spaces::Choice& choice) const {
        use_(choice.param);
        walk(choice.options);
    }
    void enter(const spaces::Repeat& repeat) const {
        read(repeat.times);
        walk(repeat.bodies);
    }
    void enter(const spaces::Branches& branches) const { walk(branches.blocks); }
    void enter(const spaces::Cell& cell) const {
        for (const spaces::CellNode& node : cell.nodes) {
            if (node.inputs)
                use_(*node.inputs);
            walk(node.edges);
        }
    }

    Visit use_;
    Visit read_;
};

// Calls `visit` for the cells that `follow` leads to; those on the edges of others do not count.
class CellWalk {
  public:
    // How many bodies of a repeat, and which option of a choice are there; nullopt: all.
    struct Follow {
        std::function<std::optional<std::size_t>(const spaces::Repeat&)> times;
        std::function<std::optional<std::size_t>(const spaces::Choice&)> option;
    };

    CellWalk(Follow follow, std::function<void(const spaces::Cell&)> visit)
        : follow_(std::move(follow)), visit_(std::move(visit)) {}

    void walk(const Block& block) const {
        std::visit([this](const auto& kind) { enter(kind); }, block.kind);
    }

  private:
    void enter(const spaces::Layer&) const {}
    void enter(const spaces::Sequence& sequence) const {
        for (const Block& block : sequence.blocks)
            walk(block);
    }
    void enter(const spaces::Choice& choice) const {
        const std::optional<std::size_t> only = follow_.option(choice);
        for (std::size_t i = 0; i < choice.options.size(); ++i)
            if (!only || *only == i)
                walk(choice.options[i]);
    }
    void enter(const spaces::Repeat& repeat) const {
        const std::size_t times =
            std::min(follow_.times(repeat).value_or(repeat.bodies.size()), repeat.bodies.size());
        for (std::size_t i = 0; i < times; ++i)
            walk(repeat.bodies[i]);
    }
    void enter(const spaces::Branches& branches) const {
        for (const Block& block : branches.blocks)
            walk(block);
    }
    void enter(const spaces::Cell& cell) const { visit_(cell); }

    Follow follow_;
    std::function<void(const spaces::Cell&)> visit_;
};

std::uint64_t key_of(std::size_t kind, std::uint64_t block, std::uint64_t feature) {
    const std::uint64_t words[] = {kind, block, feature};
    return hash_words(words).low;
}

void scale_to(double length, Counts& counts) {
    double squared = 0.0;
    for (const auto& [key, count] : counts)
        squared += count * count;
    for (auto& [key, count] : counts)
        count *= length / std::sqrt(squared);
}

void add(const Counts& counts, std::size_t kind, std::uint64_t block, Counts& all) {
    for (const auto& [key, count] : counts)
        all[key_of(kind, block, key)] += count;
}

// A whole network, its inputs and outputs as ops.
OpGraph whole_graph(const spaces::Network& network) {
    const spaces::Graph graph = spaces::normal_graph(network);
    OpGraph whole{.inputs = 0};
    for (std::size_t i = 0; i < graph.labels.size(); ++i) {
        std::set<std::size_t> terms;
        for (const spaces::Edge& edge : graph.inputs[i])
            terms.insert(edge.vertex);
        whole.ops.push_back({.label = graph.labels[i].low, .terms = {terms.begin(), terms.end()}});
    }
    return whole;
}

}  // namespace

ArchitectureDistance squared_distance(const ArchitecturePoint& a, const ArchitecturePoint& b) {
    ArchitectureDistance distance{.others = (a.others - b.others).squaredNorm()};
    auto left = a.architecture.begin();
    auto right = b.architecture.begin();
    const auto add = [&](double difference) { distance.architecture += difference * difference; };
    while (left != a.architecture.end() && right != b.architecture.end()) {
        if (left->first < right->first)
            add((left++)->second);
        else if (right->first < left->first)
            add((right++)->second);
        else
            add((left++)->second - (right++)->second);
    }
    for (; left != a.architecture.end(); ++left)
        add(left->second);
    for (; right != b.architecture.end(); ++right)
        add(right->second);
    return distance;
}

ArchitectureFeatures::ArchitectureFeatures(const spaces::SearchSpace& space)
    : space_(space), places_(space.params()), in_cells_(space.params().size(), false) {
    // How many edges of cells an expression's parameter matters to; a shared cell counts once.
    std::vector<std::size_t> readers(space.params().size(), 0);
    std::map<std::set<ParamIndex>, std::size_t> kinds;  // by their choices
    const auto find = [&](const spaces::Cell& cell) {
        std::set<ParamIndex> choices;
        std::vector<std::set<ParamIndex>> read;  // by each edge
        for (const spaces::CellNode& node : cell.nodes) {
            if (node.inputs)
                choices.insert(*node.inputs);
            for (const Block& edge : node.edges) {
                read.emplace_back();
                ParamWalk([&](ParamIndex param) { choices.insert(param); },
                          [&](ParamIndex param) { read.back().insert(param); })
                    .walk(edge);
            }
        }
        if (choices.empty())
            return;
        const auto [kind, is_new] = kinds.try_emplace(choices, kinds.size());
        kinds_.emplace(&cell, kind->second);
        if (!is_new)
            return;
        by_paths_.push_back(most_paths(cell) <= kManyPaths);
        for (const ParamIndex param : choices)
            in_cells_[param] = true;
        for (const std::set<ParamIndex>& each : read)
            for (const ParamIndex param : each)
                ++readers[param];
    };
    if (const spaces::Template* blueprint = space.shared_weights())
        CellWalk({.times = [](const spaces::Repeat&) { return std::nullopt; },
                  .option = [](const spaces::Choice&) { return std::nullopt; }},
                 find)
            .walk(blueprint->body);
    for (ParamIndex param = 0; param < readers.size(); ++param)
        if (readers[param] == 1)
            in_cells_[param] = true;
    for (const Features::Axis& axis : places_.axes())
        for (Eigen::Index i = 0; !in_cells_[axis.param] && i < axis.size; ++i)
            columns_.push_back(axis.first + i);
}

ArchitecturePoint ArchitectureFeatures::point(const Genotype& genotype) const {
    Counts counts;
    if (has_cells()) {
        Genotype cells = genotype;  // what other parameters say makes no other op
        for (ParamIndex param = 0; param < in_cells_.size(); ++param)
            if (!in_cells_[param])
                cells.values[param] = spaces::first_value(space_.params()[param].domain);
        std::vector<bool> done(by_paths_.size(), false);
        const auto times = [&](const spaces::Repeat& repeat) -> std::optional<std::size_t> {
            const Scalar value = spaces::evaluate(
                repeat.times, {.param = [&](ParamIndex param) {
                    return spaces::to_scalar(space_.params()[param].domain, genotype.values[param]);
                }});
            const auto* count = std::get_if<std::int64_t>(&value);
            return count == nullptr ? std::nullopt
                                    : std::optional(static_cast<std::size_t>(*count));
        };
        const auto option = [&](const spaces::Choice& choice) -> std::optional<std::size_t> {
            return static_cast<std::size_t>(std::get<std::int64_t>(genotype.values[choice.param]));
        };
        const auto describe = [&](const spaces::Cell& cell) {
            const auto found = kinds_.find(&cell);
            if (found == kinds_.end() || done[found->second])
                return;
            const std::size_t kind = found->second;
            done[kind] = true;
            const OpGraph graph = op_graph(cell, space_.params(), cells);
            if (by_paths_[kind]) {
                add(label_counts(graph), kind, 0, counts);
                add(path_presence(graph), kind, 1, counts);
                return;
            }
            Counts subtrees = subtree_counts(graph, kDepth);
            scale_to(kLength, subtrees);
            add(subtrees, kind, 2, counts);
        };
        CellWalk({.times = times, .option = option}, describe).walk(space_.shared_weights()->body);
    } else if (const auto network = space_.decode(genotype).network) {
        counts = subtree_counts(whole_graph(*network), kDepth);
        scale_to(kLength, counts);
    }
    ArchitecturePoint point{.architecture = {counts.begin(), counts.end()}};
    point.others = kPlaceScale * places_.point(genotype)(columns_);
    return point;
}

}  // namespace parnas::search
