// SPDX-License-Identifier: Apache-2.0
#include "spaces/zeros.h"

#include <algorithm>

#include "spaces/overloaded.h"

namespace parnas::spaces {
namespace {

enum class Rule { never, always, if_any, if_all };

Rule rule_of(const Activation& op) {
    switch (op.kind) {
        case ActivationKind::hsigmoid:
        case ActivationKind::sigmoid:
        case ActivationKind::softplus:
            return Rule::never;
        default:
            return Rule::if_all;  // f(0) = 0
    }
}
Rule rule_of(const Conv& op) {
    return op.bias ? Rule::never : Rule::if_all;
}
Rule rule_of(const Linear& op) {
    return op.bias ? Rule::never : Rule::if_all;
}
Rule rule_of(const Zero&) {
    return Rule::always;
}
Rule rule_of(const Multiply&) {
    return Rule::if_any;
}
Rule rule_of(const Softmax&) {
    return Rule::never;
}
Rule rule_of(const Embedding&) {
    return Rule::never;
}
Rule rule_of(const Attention&) {
    return Rule::never;
}
Rule rule_of(const Recurrent&) {
    return Rule::never;
}
Rule rule_of(const MessagePassing&) {
    return Rule::never;
}
Rule rule_of(const Custom&) {
    return Rule::never;
}
template <typename Other>  // Norm, Pool, Add, Concat, Slice, ...
Rule rule_of(const Other&) {
    return Rule::if_all;
}

}  // namespace

bool has_zeros(const Network& network) {
    return std::ranges::any_of(
        network.nodes, [](const Node& node) { return std::holds_alternative<Zero>(node.op); });
}

bool gives_zero(const Node& node, const std::vector<bool>& zero) {
    const auto is_zero = [&](ValueId id) { return zero[static_cast<std::size_t>(id)]; };
    switch (std::visit([](const auto& op) { return rule_of(op); }, node.op)) {
        case Rule::never:
            return false;
        case Rule::always:
            return true;
        case Rule::if_any:
            return std::ranges::any_of(node.inputs, is_zero);
        case Rule::if_all:
            break;
    }
    return std::ranges::all_of(node.inputs, is_zero);
}

}  // namespace parnas::spaces
