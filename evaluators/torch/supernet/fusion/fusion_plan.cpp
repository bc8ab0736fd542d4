// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/fusion/fusion_plan.h"

#include <algorithm>
#include <map>
#include <utility>

#include "spaces/shapes.h"

namespace parnas::evaluators {
namespace {

using spaces::Network;

template <typename Op>
bool is(const spaces::Op& op) {
    return std::holds_alternative<Op>(op);
}

bool has_no_weights(const spaces::Op& op) {
    return is<spaces::Activation>(op) || is<spaces::Pool>(op) || is<spaces::GlobalPool>(op) ||
           is<spaces::Slice>(op) || is<spaces::Pad>(op) || is<spaces::Resize>(op) ||
           is<spaces::Zero>(op);
}

bool is_batch_norm(const spaces::Op& op) {
    const auto* norm = std::get_if<spaces::Norm>(&op);
    return norm != nullptr && norm->kind == spaces::NormKind::batch;
}

bool can_be_stacked(const spaces::Op& op) {
    const auto* conv = std::get_if<spaces::Conv>(&op);
    return conv != nullptr && conv->groups == 1 && !conv->bias;
}

class Planner {
  public:
    Planner(const Network& network, std::vector<spaces::Shape> shapes)
        : network_(network),
          inputs_(network.inputs.size()),
          shapes_(std::move(shapes)),
          same_(shapes_.size()),
          uses_(shapes_.size(), 0),
          results_(shapes_.size()) {}

    FusionPlan make() {
        merge_equal();
        count_uses();
        find_stacks();
        for (std::size_t i = 0; i < inputs_; ++i)
            results_[i] = i;
        next_ = inputs_;
        for (const spaces::ValueId output : network_.outputs)
            plan_.outputs.push_back(need(static_cast<std::size_t>(output)));
        mark_overwritten();
        return std::move(plan_);
    }

  private:
    // The node of a value that is no input.
    std::size_t node_of(std::size_t value) const { return value - inputs_; }
    bool is_node(std::size_t value) const { return value >= inputs_; }
    const spaces::Op& op_of(std::size_t value) const { return network_.nodes[node_of(value)].op; }
    bool is_image_norm(std::size_t value) const {
        return is_node(value) && is_batch_norm(op_of(value)) && shapes_[value].size() == 3;
    }
    // What a node reads, equal values by one name.
    std::vector<std::size_t> inputs_of(std::size_t value) const {
        std::vector<std::size_t> inputs;
        for (const spaces::ValueId input : network_.nodes[node_of(value)].inputs)
            inputs.push_back(same_[static_cast<std::size_t>(input)]);
        return inputs;
    }

    void merge_equal() {
        std::map<std::vector<std::size_t>, std::vector<std::size_t>> readers;
        for (std::size_t value = 0; value < same_.size(); ++value) {
            same_[value] = value;
            if (!is_node(value))
                continue;
            const std::vector<std::size_t> inputs = inputs_of(value);
            if (is_image_norm(value))
                norms_[inputs[0]].push_back(node_of(value));
            if (is<spaces::Identity>(op_of(value))) {
                same_[value] = inputs[0];
                continue;
            }
            const auto* norm = std::get_if<spaces::Norm>(&op_of(value));
            if (!has_no_weights(op_of(value)) && (norm == nullptr || norm->affine))
                continue;
            std::vector<std::size_t>& earlier = readers[inputs];
            const auto equal = std::ranges::find_if(
                earlier, [&](std::size_t other) { return op_of(other) == op_of(value); });
            if (equal != earlier.end())
                same_[value] = *equal;
            else
                earlier.push_back(value);
        }
    }

    void count_uses() {
        for (const spaces::ValueId output : network_.outputs)
            ++uses_[same_[static_cast<std::size_t>(output)]];
        for (std::size_t value = same_.size(); value-- > inputs_;)
            if (uses_[value] > 0)
                for (const std::size_t input : inputs_of(value))
                    ++uses_[input];
    }

    void find_stacks() {
        std::map<std::size_t, std::vector<std::vector<std::size_t>>> stacks;  // by input
        for (std::size_t value = inputs_; value < same_.size(); ++value) {
            if (uses_[value] == 0 || !can_be_stacked(op_of(value)))
                continue;
            std::vector<std::vector<std::size_t>>& there = stacks[inputs_of(value)[0]];
            const auto stack = std::ranges::find_if(
                there, [&](const auto& members) { return op_of(members.front()) == op_of(value); });
            if (stack != there.end())
                stack->push_back(value);
            else
                there.push_back({value});
        }
        for (const auto& [input, there] : stacks)
            for (const std::vector<std::size_t>& members : there)
                for (const std::size_t value : members)
                    if (members.size() > 1)
                        stacks_[value] = members;
    }

    // The first of the step's results.
    std::size_t add(FusionPlan::Work work, std::vector<std::size_t> inputs, std::size_t results) {
        plan_.steps.push_back({std::move(work), std::move(inputs), results});
        return std::exchange(next_, next_ + results);
    }

    // The value in the plan that holds a value of the network; plans what leads to it.
    std::size_t need(std::size_t wanted) {
        const std::size_t value = same_[wanted];
        if (!results_[value])
            compute(value);
        return *results_[value];
    }

    void compute(std::size_t value) {
        const std::vector<std::size_t> inputs = inputs_of(value);
        if (is<spaces::Mix>(op_of(value))) {
            results_[value] = add_mix(value);
        } else if (is_image_norm(value)) {
            results_[value] = add_norm(value, false);
        } else if (is_fusable_relu(value)) {
            results_[value] = add_norm(inputs[0], true);
        } else if (stacks_.contains(value)) {
            add_stack(stacks_[value]);
        } else {
            std::vector<std::size_t> needed;
            for (const std::size_t input : inputs)
                needed.push_back(need(input));
            results_[value] = add(FusionPlan::Node{node_of(value)}, needed, 1);
        }
    }

    bool is_fusable_relu(std::size_t value) const {
        const auto* activation = std::get_if<spaces::Activation>(&op_of(value));
        if (activation == nullptr || activation->kind != spaces::ActivationKind::relu)
            return false;
        const std::size_t input = inputs_of(value)[0];
        return is_image_norm(input) && uses_[input] == 1;
    }

    void add_stack(const std::vector<std::size_t>& members) {
        FusionPlan::Stack stack;
        for (const std::size_t member : members)
            stack.nodes.push_back(node_of(member));
        const std::size_t input = need(inputs_of(members.front())[0]);
        const std::size_t first = add(std::move(stack), {input}, members.size());
        for (std::size_t i = 0; i < members.size(); ++i)
            results_[members[i]] = first + i;
    }

    FusionPlan::Term normalised(std::size_t norm) {
        const std::size_t input = inputs_of(norm)[0];
        const std::size_t value = need(input);
        const auto known = moments_.find(input);
        if (known != moments_.end())
            return {.value = value, .moments = known->second};
        const std::size_t moments = add(FusionPlan::Moments{norms_[input]}, {value}, 1);
        moments_[input] = moments;
        return {.value = value, .moments = moments};
    }

    std::size_t add_norm(std::size_t norm, bool relu) {
        return add_sum({.terms = {normalised(norm)}, .norm = node_of(norm), .relu = relu});
    }

    std::size_t add_mix(std::size_t mix) {
        FusionPlan::Sum sum;
        std::vector<std::vector<FusionPlan::Factor>> scales;
        add_terms(mix, {}, sum, scales);
        if (sum.terms.empty()) {  // zeros of the right shape
            sum.terms.push_back({.value = need(inputs_of(mix)[0])});
            scales.emplace_back();
        }
        sum.scales = add_scales(scales);
        return add_sum(std::move(sum));
    }

    void add_terms(std::size_t mix,
                   const std::vector<FusionPlan::Factor>& outer,
                   FusionPlan::Sum& sum,
                   std::vector<std::vector<FusionPlan::Factor>>& scales) {
        const auto strength = static_cast<std::size_t>(std::get<spaces::Mix>(op_of(mix)).strength);
        const std::vector<spaces::ValueId>& entries = network_.nodes[node_of(mix)].inputs;
        for (std::size_t entry = 0; entry < entries.size(); ++entry) {
            std::vector<FusionPlan::Factor> factors = outer;
            factors.push_back({strength, entry});
            const auto named = static_cast<std::size_t>(entries[entry]);
            const std::size_t value = same_[named];
            if (is_node(value) && is<spaces::Zero>(op_of(value)))
                continue;
            if (is_node(value) && is<spaces::Mix>(op_of(value)) && uses_[value] == 1) {
                add_terms(value, factors, sum, scales);
                continue;
            }
            FusionPlan::Term term;
            if (is_image_norm(value) && !std::get<spaces::Norm>(op_of(value)).affine)
                term = normalised(value);
            else
                term.value = need(value);
            term.skip = is_node(named) && is<spaces::Identity>(op_of(named));
            sum.terms.push_back(term);
            scales.push_back(std::move(factors));
        }
    }

    std::size_t add_scales(std::vector<std::vector<FusionPlan::Factor>> terms) {
        std::vector<std::size_t> key;
        for (const std::vector<FusionPlan::Factor>& factors : terms) {
            key.push_back(factors.size());
            for (const FusionPlan::Factor& factor : factors)
                key.insert(key.end(), {factor.strength, factor.entry});
        }
        const auto [known, is_new] = scales_.try_emplace(std::move(key), 0);
        if (is_new)
            known->second = add(FusionPlan::Scales{std::move(terms)}, {}, 1);
        return known->second;
    }

    std::size_t add_sum(FusionPlan::Sum sum) {
        std::vector<std::size_t> inputs;
        for (const FusionPlan::Term& term : sum.terms)
            inputs.push_back(term.value);
        for (const FusionPlan::Term& term : sum.terms)
            if (term.moments)
                inputs.push_back(*term.moments);
        if (sum.scales)
            inputs.push_back(*sum.scales);
        return add(std::move(sum), std::move(inputs), 1);
    }

    // Convolutions do not look at their results again.
    void mark_overwritten() {
        std::vector<std::size_t> readers(next_, 0);
        std::vector<bool> is_convolved(next_, false);
        std::size_t result = inputs_;
        for (const FusionPlan::Step& step : plan_.steps) {
            const auto* node = std::get_if<FusionPlan::Node>(&step.work);
            const bool convolves =
                std::holds_alternative<FusionPlan::Stack>(step.work) ||
                (node != nullptr && is<spaces::Conv>(network_.nodes[node->node].op));
            std::fill_n(is_convolved.begin() + static_cast<std::ptrdiff_t>(result),
                        step.results,
                        convolves);
            result += step.results;
            if (!std::holds_alternative<FusionPlan::Moments>(step.work))
                for (const std::size_t input : step.inputs)
                    ++readers[input];
        }
        for (const std::size_t output : plan_.outputs)
            ++readers[output];
        for (FusionPlan::Step& step : plan_.steps)
            if (auto* sum = std::get_if<FusionPlan::Sum>(&step.work))
                for (FusionPlan::Term& term : sum->terms)
                    term.overwrite = is_convolved[term.value] && readers[term.value] == 1;
    }

    const Network& network_;
    const std::size_t inputs_;
    const std::vector<spaces::Shape> shapes_;
    std::vector<std::size_t> same_;  // per value the first that is equal to it
    std::vector<std::size_t> uses_;  // by nodes that something depends on
    std::map<std::size_t, std::vector<std::size_t>> norms_;   // the nodes that normalise a value
    std::map<std::size_t, std::vector<std::size_t>> stacks_;  // the members, per member
    std::map<std::size_t, std::size_t> moments_;              // of a value
    std::map<std::vector<std::size_t>, std::size_t> scales_;
    std::vector<std::optional<std::size_t>> results_;  // per value of the network that in the plan
    std::size_t next_ = 0;
    FusionPlan plan_;
};

}  // namespace

std::optional<FusionPlan> plan_fusion(const Network& network) {
    const auto is_mix = [](const spaces::Node& node) { return is<spaces::Mix>(node.op); };
    if (std::ranges::none_of(network.nodes, is_mix))
        return std::nullopt;
    std::vector<spaces::Shape> shapes = spaces::infer_shapes(network);
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        if (is_mix(network.nodes[i]) && shapes[network.inputs.size() + i].size() != 3)
            return std::nullopt;
    return Planner(network, std::move(shapes)).make();
}

}  // namespace parnas::evaluators
