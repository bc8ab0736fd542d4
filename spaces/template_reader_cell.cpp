// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spaces/template_reader.h"

namespace parnas::spaces {
namespace {

constexpr std::size_t kMaxSubsets = 1000;

// All subsets of [0, n) with k elements, in lexicographic order; empty if there are too many.
std::vector<std::vector<std::size_t>> subsets(std::size_t n, std::size_t k) {
    std::vector<std::vector<std::size_t>> all;
    std::vector<std::size_t> subset(k);
    for (std::size_t i = 0; i < k; ++i)
        subset[i] = i;
    for (;;) {
        all.push_back(subset);
        if (all.size() > kMaxSubsets)
            return {};
        std::size_t i = k;
        while (i > 0 && subset[i - 1] == n - k + i - 1)
            --i;
        if (i == 0)
            return all;
        ++subset[i - 1];
        for (; i < k; ++i)
            subset[i] = subset[i - 1] + 1;
    }
}

std::string label(const std::vector<std::size_t>& subset) {
    return fmt::format("{}", fmt::join(subset, "+"));
}

// The subsets that have `edge`.
ChoiceSet having(const std::vector<std::vector<std::size_t>>& subsets, std::size_t edge) {
    ChoiceSet set;
    for (std::size_t i = 0; i < subsets.size(); ++i)
        if (std::ranges::find(subsets[i], edge) != subsets[i].end())
            set.indices.push_back(static_cast<std::int64_t>(i));
    return set;
}

}  // namespace

struct TemplateReader::CellPlan {
    std::size_t inputs;        // of the cell
    std::size_t predecessors;  // of this node
    std::size_t take;          // how many of them it reads; 0: all
    Expression stride;         // of edges from the cell's inputs
};

void TemplateReader::read_cell(ObjectReader& reader, Head& head) {
    const std::int64_t inputs = reader.integer("inputs", 1, {.low = 1, .high = 8});
    const std::int64_t nodes = reader.integer("nodes", {.low = 1, .high = 32});
    const std::int64_t take = reader.integer("take", 0, {.low = 0, .high = 16});
    Cell cell{
        .inputs = static_cast<std::size_t>(inputs),
        .combine = static_cast<Combine>(reader.word("combine", {"last", "concat", "add"}, "last"))};
    const Json* stride = reader.find("stride");
    const Expression one = Expression::Kind(Scalar(std::int64_t{1}));
    const Expression stride_value =
        stride == nullptr
            ? one
            : read_expression(*stride, reader.pointer("stride"), head.scope, "stride");
    const auto read_each = [&](std::string_view key, std::vector<Block>& blocks) {
        if (const Json* json = reader.find(key))
            for (std::int64_t i = 0; i < inputs; ++i)
                blocks.push_back(read_body(
                    *json, reader.pointer(key), inside(head.scope, fmt::format("{}{}", key, i))));
    };
    read_each("prepare", cell.prepare);
    read_each("prepare_larger", cell.prepare_larger);
    if (!cell.prepare_larger.empty() && cell.prepare.empty())
        reader.fault("prepare_larger", "it stands in for `prepare`, which is missing");
    const Json* edge = reader.need("edge");
    for (std::int64_t i = 0; edge != nullptr && i < nodes; ++i) {
        const auto predecessors = static_cast<std::size_t>(inputs + i);
        cell.nodes.push_back(read_node(*edge,
                                       reader.pointer("edge"),
                                       inside(head.scope, fmt::format("node{}", i + 1)),
                                       {.inputs = cell.inputs,
                                        .predecessors = predecessors,
                                        .take = static_cast<std::size_t>(take),
                                        .stride = stride_value}));
    }
    head.block.kind = std::move(cell);
}

CellNode TemplateReader::read_node(const Json& edge,
                                   const std::string& pointer,
                                   const Scope& scope,
                                   const CellPlan& plan) {
    CellNode node;
    if (plan.take > 0 && plan.take < plan.predecessors) {
        node.subsets = subsets(plan.predecessors, plan.take);
        if (node.subsets.empty()) {
            faults_.add(pointer, "a node has too many ways to take its inputs");
            return node;
        }
        Categorical domain;
        for (const auto& subset : node.subsets)
            domain.choices.emplace_back(label(subset));
        node.inputs =
            add_param(scope.param_path + ".inputs", domain, scope.condition, scope.shared, pointer);
    }
    for (std::size_t from = 0; from < plan.predecessors; ++from) {
        Scope inner = inside(scope, fmt::format("from{}", from));
        if (node.inputs)
            inner.condition =
                Condition{.parent = *node.inputs, .active = having(node.subsets, from)};
        inner.arguments.insert_or_assign(
            "stride",
            from < plan.inputs ? plan.stride
                               : Expression(Expression::Kind(Scalar(std::int64_t{1}))));
        Block block{.path = inner.path, .kind = Sequence{}};
        if (edge.is_array() && edge.size() > 1)
            fill_choice(edge, pointer, inner, block);
        else
            block = read_body(edge, pointer, inner);
        node.from.push_back(from);
        node.edges.push_back(std::move(block));
    }
    return node;
}

}  // namespace parnas::spaces
