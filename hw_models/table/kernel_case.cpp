// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/kernel_case.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "spaces/count.h"
#include "spaces/equal_values.h"
#include "spaces/kernels.h"
#include "spaces/network_json.h"
#include "spaces/op_attributes.h"
#include "spaces/shapes.h"
#include "spaces/simplify.h"

namespace parnas::hw_models {
namespace {

using namespace spaces;

enum class Head { conv, depthwise, sum, other };

Head head_of(const Node& node, std::span<const Shape> shapes) {
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
        const Shape& input = shapes[static_cast<std::size_t>(node.inputs[0])];
        const bool depthwise = conv->groups > 1 && conv->groups == input[0];
        return depthwise ? Head::depthwise : Head::conv;
    }
    if (std::holds_alternative<Linear>(node.op))
        return Head::conv;
    if (std::holds_alternative<Add>(node.op) || std::holds_alternative<Multiply>(node.op))
        return Head::sum;
    return Head::other;
}

// Whether the rules let `next` run with what began as `head`, of which the norm was taken along
// or was not there.
bool joins(const FusionRules& rules, Head head, const Op& next) {
    const bool norm = std::holds_alternative<Norm>(next);
    switch (head) {
        case Head::conv:
            return norm ? rules.conv_norm : rules.conv_activation;
        case Head::depthwise:
            return norm ? rules.depthwise_norm : rules.depthwise_activation;
        case Head::sum:
            return rules.sum_activation;
        case Head::other:
            break;
    }
    return false;
}

// The groups of nodes that run as one, in execution order.
std::vector<std::vector<std::size_t>> groups(const Network& network,
                                             const FusionRules& rules,
                                             std::span<const Shape> shapes) {
    std::vector<std::vector<std::size_t>> groups;
    for (const Kernel& kernel : kernels(network)) {
        const Head head = head_of(network.nodes[kernel.nodes.front()], shapes);
        std::vector<std::size_t> group;
        bool joined = true;  // whether all so far did: nothing jumps over a kernel
        for (const std::size_t node : kernel.nodes) {
            joined = joined && (group.empty() || joins(rules, head, network.nodes[node].op));
            if (!joined && !group.empty())
                groups.push_back(std::exchange(group, {}));
            group.push_back(node);
        }
        groups.push_back(std::move(group));
    }
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        if (std::holds_alternative<Zero>(network.nodes[i].op))
            groups.push_back({i});
    std::ranges::sort(groups, {}, [](const auto& group) { return group.back(); });
    return groups;
}

std::string extent_text(const Extent& extent) {
    return fmt::format("{}x{}", extent[0], extent[1]);
}

std::string kind_of(const Op& op, Head head) {
    if (const auto* conv = std::get_if<Conv>(&op))
        return fmt::format("{} {}{}{}",
                           head == Head::depthwise ? "depthwise conv"
                           : conv->groups > 1      ? "grouped conv"
                                                   : "conv",
                           extent_text(conv->kernel),
                           conv->stride == Extent{1, 1} ? "" : "/" + extent_text(conv->stride),
                           conv->dilation == Extent{1, 1} ? "" : " dilated");
    if (const auto* pool = std::get_if<Pool>(&op))
        return fmt::format("{} pool {}/{}",
                           pool->kind == PoolKind::max ? "max" : "average",
                           extent_text(pool->kernel),
                           extent_text(pool->stride));
    if (const auto* custom = std::get_if<Custom>(&op))
        return custom->type;
    if (const auto* attention = std::get_if<Attention>(&op);
        attention != nullptr && attention->kind != AttentionKind::full)
        return fmt::format("{} attention", word_of(attention->kind));
    if (std::holds_alternative<Activation>(op) || std::holds_alternative<Norm>(op))
        return op_text(op, {});
    return std::string(op_name(op));
}

class CaseMaker {
  public:
    explicit CaseMaker(const Network& network)
        : network_(network), shapes_(infer_shapes(network)), counts_(count_nodes(network)) {}

    const std::vector<Shape>& shapes() const { return shapes_; }

    KernelCase make(const std::vector<std::size_t>& group) const {
        KernelCase made;
        made.network.symbols = network_.symbols;
        std::vector<std::pair<ValueId, ValueId>> renamed;  // values here -> there
        const auto find = [&](ValueId value) {
            const auto found =
                std::ranges::find(renamed, value, &std::pair<ValueId, ValueId>::first);
            return found == renamed.end() ? std::nullopt : std::optional(found->second);
        };
        // All inputs come before the nodes.
        for (const std::size_t node : group)
            for (const ValueId value : network_.nodes[node].inputs) {
                const ValueId source = through_identities(value, group);
                if (is_inside(source, group) || find(source))
                    continue;
                renamed.emplace_back(source, static_cast<ValueId>(made.network.inputs.size()));
                made.network.inputs.push_back(
                    {.name = fmt::format("in{}", made.network.inputs.size()),
                     .dtype = dtype_of(source),
                     .shape = shapes_[static_cast<std::size_t>(source)]});
            }
        const Head head = head_of(network_.nodes[group.front()], shapes_);
        for (const std::size_t node : group) {
            const Node& old = network_.nodes[node];
            Node copy{.name = fmt::format("node{}", made.network.nodes.size()),
                      .op = old.op,
                      .inputs = {},
                      .precision = old.precision,
                      .sparsity = old.sparsity};
            for (const ValueId value : old.inputs)
                copy.inputs.push_back(*find(through_identities(value, group)));
            const bool begins = made.network.nodes.empty();
            made.key += (begins ? "" : ", ") + op_text(old.op, network_.symbols);
            made.kind += (begins ? "" : ", ") + kind_of(old.op, head);
            renamed.emplace_back(network_.id_of(node),
                                 made.network.id_of(made.network.nodes.size()));
            made.network.nodes.push_back(std::move(copy));
            add_work(made.work, node, group);
        }
        made.network.outputs = {made.network.id_of(made.network.nodes.size() - 1)};
        made.key += " @ ";
        for (const Input& input : made.network.inputs)
            made.key += (&input == made.network.inputs.data() ? "" : " + ") +
                        spaces::to_string(input.shape, network_.symbols);
        return made;
    }

  private:
    bool is_inside(ValueId value, const std::vector<std::size_t>& group) const {
        const std::size_t first = network_.inputs.size();
        return static_cast<std::size_t>(value) >= first &&
               std::ranges::find(group, static_cast<std::size_t>(value) - first) != group.end();
    }

    // Identities inside a kernel, which are no nodes of it, are stepped over.
    ValueId through_identities(ValueId value, const std::vector<std::size_t>& group) const {
        ValueId source = value;
        while (static_cast<std::size_t>(source) >= network_.inputs.size()) {
            const Node& node =
                network_.nodes[static_cast<std::size_t>(source) - network_.inputs.size()];
            if (!std::holds_alternative<Identity>(node.op))
                break;
            source = node.inputs[0];
        }
        return is_inside(source, group) ? source : value;
    }

    DType dtype_of(ValueId value) const {
        const auto index = static_cast<std::size_t>(value);
        return index < network_.inputs.size() ? network_.inputs[index].dtype : DType::fp32;
    }

    void add_work(KernelWork& work, std::size_t node, const std::vector<std::size_t>& group) const {
        const Count& count = counts_[node];
        // Of an embedding's table only some rows are read.
        const bool table = std::holds_alternative<Embedding>(network_.nodes[node].op);
        work.multiply_adds += static_cast<double>(count.multiply_adds);
        work.weight_bytes += table ? 0.0 : static_cast<double>(count.weight_bytes);
        if (node == group.front())
            work.bytes += static_cast<double>(count.bytes_read - (table ? 0 : count.weight_bytes));
        if (node == group.back())
            work.bytes += static_cast<double>(count.bytes_written);
    }

    const Network& network_;
    std::vector<Shape> shapes_;
    std::vector<Count> counts_;
};

int count_branches(const Network& network) {
    int branches = 0;
    for (const Node& node : network.nodes)
        if (std::holds_alternative<Add>(node.op) || std::holds_alternative<Multiply>(node.op) ||
            std::holds_alternative<Concat>(node.op))
            branches += static_cast<int>(node.inputs.size()) - 1;
    return branches;
}

}  // namespace

KernelList split_kernels(const Network& network, const FusionRules& rules) {
    if (rules.folds_zeros) {
        FusionRules others = rules;
        others.folds_zeros = false;
        return split_kernels(simplify(network), others);
    }
    if (rules.merges_equal) {
        FusionRules others = rules;
        others.merges_equal = false;
        return split_kernels(merge_equal_values(network), others);
    }
    const CaseMaker maker(network);
    KernelList list{.branches = count_branches(network)};
    for (const std::vector<std::size_t>& group : groups(network, rules, maker.shapes()))
        list.kernels.push_back(maker.make(group));
    return list;
}

}  // namespace parnas::hw_models
