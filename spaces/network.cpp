// SPDX-License-Identifier: Apache-2.0
#include "spaces/network.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "spaces/op_attributes.h"

namespace parnas::spaces {
namespace {

// In the order of Op's alternatives.
constexpr std::array<std::string_view, std::variant_size_v<Op>> kOpNames{
    "conv",      "linear",    "norm",      "activation",      "pool",    "global_pool",
    "add",       "multiply",  "concat",    "slice",           "reshape", "transpose",
    "resize",    "pad",       "softmax",   "identity",        "zero",    "dropout",
    "embedding", "attention", "recurrent", "message_passing", "custom",  "mix"};

template <std::size_t... I>
Op default_op_at(std::size_t index, std::index_sequence<I...>) {
    Op op;
    ((I == index ? void(op.emplace<I>()) : void()), ...);
    return op;
}

}  // namespace

std::string_view op_name(const Op& op) {
    return kOpNames[op.index()];
}

std::optional<Op> default_op(std::string_view name) {
    const auto found = std::ranges::find(kOpNames, name);
    if (found == kOpNames.end())
        return std::nullopt;
    const auto index = static_cast<std::size_t>(found - kOpNames.begin());
    return default_op_at(index, std::make_index_sequence<std::variant_size_v<Op>>{});
}

}  // namespace parnas::spaces
