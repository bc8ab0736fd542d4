// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

#include "spaces/network.h"

namespace parnas::spaces {

// The attributes of every op, said once: the JSON format, drawings and the canonical hash
// all go through visit_attributes().

inline constexpr std::int64_t kMaxDim = std::int64_t{1} << 31;

struct AttributeLimits {
    std::int64_t low = 1;
    std::int64_t high = kMaxDim;
    // The attribute came when hashes of networks were stored already: visit_hashed_attributes().
    bool is_late = false;
};

// The words of an enumeration, in the order of its values.
template <typename Enum>
inline constexpr std::array<std::string_view, 0> kWords{};
template <>
inline constexpr std::array<std::string_view, 5> kWords<DType>{"fp32",
                                                               "fp16",
                                                               "bf16",
                                                               "int8",
                                                               "int64"};
template <>
inline constexpr std::array<std::string_view, 5> kWords<NormKind>{"batch",
                                                                  "layer",
                                                                  "group",
                                                                  "instance",
                                                                  "rms"};
template <>
inline constexpr std::array<std::string_view, 11> kWords<ActivationKind>{"relu",
                                                                         "relu6",
                                                                         "hswish",
                                                                         "hsigmoid",
                                                                         "swish",
                                                                         "sigmoid",
                                                                         "tanh",
                                                                         "gelu",
                                                                         "leaky_relu",
                                                                         "elu",
                                                                         "softplus"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<PoolKind>{"average", "max"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<ResizeMode>{"nearest", "bilinear"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<RecurrentKind>{"lstm", "gru"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<AttentionKind>{"full", "local", "linear"};
template <>
inline constexpr std::array<std::string_view, 7>
    kWords<MessageKind>{"gcn", "sage", "gat", "gin", "cheb", "arma", "graph"};

template <typename Enum>
constexpr std::string_view word_of(Enum value) {
    return kWords<Enum>[static_cast<std::size_t>(value)];
}

// Calls visit(name, field, limits) for each attribute of `op`, an alternative of Op, const
// or not. Fields are integers, extents, lists of integers, truth values, reals,
// enumerations and, for Custom, texts. The limits are those of the integers in the field.
template <typename Alternative, typename Visit>
void visit_attributes(Alternative& op, const Visit& visit) {
    using T = std::remove_const_t<Alternative>;
    constexpr AttributeLimits positive{};
    constexpr AttributeLimits natural{.low = 0};
    constexpr AttributeLimits none{};  // fields that hold no integers
    if constexpr (std::is_same_v<T, Conv>) {
        visit("out", op.out, positive);
        visit("kernel", op.kernel, positive);
        visit("stride", op.stride, positive);
        visit("padding", op.padding, natural);
        visit("dilation", op.dilation, positive);
        visit("groups", op.groups, positive);
        visit("bias", op.bias, none);
    } else if constexpr (std::is_same_v<T, Linear>) {
        visit("out", op.out, positive);
        visit("bias", op.bias, none);
    } else if constexpr (std::is_same_v<T, Norm>) {
        visit("kind", op.kind, none);
        visit("groups", op.groups, positive);
        visit("affine", op.affine, none);
    } else if constexpr (std::is_same_v<T, Activation>) {
        visit("kind", op.kind, none);
    } else if constexpr (std::is_same_v<T, Pool>) {
        visit("kind", op.kind, none);
        visit("kernel", op.kernel, positive);
        visit("stride", op.stride, positive);
        visit("padding", op.padding, natural);
        visit("count_padding", op.count_padding, none);
    } else if constexpr (std::is_same_v<T, GlobalPool>) {
        visit("kind", op.kind, none);
        visit("keep_dims", op.keep_dims, none);
    } else if constexpr (std::is_same_v<T, Concat> || std::is_same_v<T, Softmax>) {
        visit("axis", op.axis, natural);
    } else if constexpr (std::is_same_v<T, Slice>) {
        visit("axis", op.axis, natural);
        visit("start", op.start, natural);
        visit("length", op.length, positive);
    } else if constexpr (std::is_same_v<T, Reshape>) {
        visit("shape", op.shape, natural);
    } else if constexpr (std::is_same_v<T, Transpose>) {
        visit("order", op.order, natural);
    } else if constexpr (std::is_same_v<T, Resize>) {
        visit("size", op.size, positive);
        visit("mode", op.mode, none);
    } else if constexpr (std::is_same_v<T, Pad>) {
        visit("before", op.before, natural);
        visit("after", op.after, natural);
    } else if constexpr (std::is_same_v<T, Zero>) {
        visit("stride", op.stride, positive);
    } else if constexpr (std::is_same_v<T, Dropout>) {
        visit("rate", op.rate, none);
    } else if constexpr (std::is_same_v<T, Embedding>) {
        visit("count", op.count, positive);
        visit("features", op.features, positive);
    } else if constexpr (std::is_same_v<T, Attention>) {
        visit("heads", op.heads, positive);
        visit("causal", op.causal, none);
        visit("kind", op.kind, AttributeLimits{.is_late = true});
        visit("window", op.window, AttributeLimits{.low = 0, .is_late = true});
    } else if constexpr (std::is_same_v<T, Recurrent>) {
        visit("kind", op.kind, none);
        visit("hidden", op.hidden, positive);
        visit("bidirectional", op.bidirectional, none);
    } else if constexpr (std::is_same_v<T, MessagePassing>) {
        visit("kind", op.kind, none);
        visit("out", op.out, positive);
    } else if constexpr (std::is_same_v<T, Custom>) {
        visit("type", op.type, none);
        visit("attributes", op.attributes, none);
    } else if constexpr (std::is_same_v<T, Mix>) {
        visit("strength", op.strength, natural);
    } else {
        static_assert(std::is_empty_v<T>, "an op with members has attributes");
    }
}

// Calls visit(field) for what the canonical hash has of `op`. Late attributes, whose default is
// their type's, are left out there, so that networks without them keep their hashes; else their
// name comes first.
template <typename Alternative, typename Visit>
void visit_hashed_attributes(const Alternative& op, const Visit& visit) {
    visit_attributes(op,
                     [&](std::string_view name, const auto& field, const AttributeLimits& limits) {
                         if (limits.is_late && field == std::remove_cvref_t<decltype(field)>{})
                             return;
                         if (limits.is_late)
                             visit(std::string(name));
                         visit(field);
                     });
}

// Op{} of the given name, or nothing if no op has it.
std::optional<Op> default_op(std::string_view name);

}  // namespace parnas::spaces
