// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/networks.h"

namespace parnas::tests {

// Named networks that together have every op but a custom one, with every kind and flag.
inline std::vector<std::pair<std::string, spaces::Network>> one_of_each_op() {
    using namespace spaces;
    const Shape image{4, 7, 6}, sequence{5, 8};
    const std::vector<DType> graph{DType::fp32, DType::int64};
    std::vector<std::pair<std::string, Network>> networks;
    const auto add = [&](std::string name,
                         Op op,
                         const std::vector<Shape>& shapes,
                         const std::vector<DType>& dtypes = {}) {
        networks.emplace_back(std::move(name), network_of(std::move(op), shapes, dtypes));
    };
    add("conv",
        Conv{.out = 6, .kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 0}, .bias = true},
        {image});
    add("depthwise conv",
        Conv{.out = 4, .kernel = {3, 3}, .padding = {2, 2}, .dilation = {2, 2}, .groups = 4},
        {image});
    add("linear", Linear{.out = 3}, {{5}});
    add("linear on a sequence", Linear{.out = 3, .bias = false}, {sequence});
    for (const NormKind kind :
         {NormKind::batch, NormKind::layer, NormKind::group, NormKind::instance, NormKind::rms})
        for (const bool affine : {false, true})
            add("norm " + std::to_string(static_cast<int>(kind)),
                Norm{.kind = kind, .groups = 2, .affine = affine},
                {image});
    for (int kind = 0; kind <= static_cast<int>(ActivationKind::softplus); ++kind)
        add("activation " + std::to_string(kind), Activation{ActivationKind(kind)}, {image});
    add("max pool",
        Pool{.kind = PoolKind::max, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}},
        {image});
    for (const bool count : {false, true})
        add("average pool",
            Pool{.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1}, .count_padding = count},
            {image});
    for (const PoolKind kind : {PoolKind::average, PoolKind::max})
        for (const bool keep : {false, true})
            add("global pool", GlobalPool{kind, keep}, {image});
    add("add", Add{}, {image, image, image});
    add("multiply", Multiply{}, {image, {4, 1, 1}});
    add("concat", Concat{.axis = 1}, {{4, 2, 3}, {4, 5, 3}});
    add("slice", Slice{.axis = 1, .start = 2, .length = 3}, {image});
    add("reshape", Reshape{.shape = {0, 2}}, {image});
    add("transpose", Transpose{.order = {2, 0, 1}}, {image});
    add("resize nearest", Resize{.size = {9, 3}}, {image});
    add("resize bilinear", Resize{.size = {9, 3}, .mode = ResizeMode::bilinear}, {image});
    add("pad", Pad{.before = {1, 2}, .after = {3, 0}}, {image});
    add("softmax", Softmax{.axis = 1}, {sequence});
    add("identity", Identity{}, {image});
    add("zero", Zero{}, {image});
    add("zero with stride", Zero{.stride = 2}, {image});
    add("dropout", Dropout{.rate = 0.5}, {image});
    add("embedding", Embedding{.count = 11, .features = 3}, {{5}}, {DType::int64});
    add("attention", Attention{.heads = 2}, {sequence});
    add("causal attention", Attention{.heads = 4, .causal = true}, {sequence});
    add("cross attention", Attention{.heads = 2}, {sequence, {3, 8}});
    for (const bool causal : {false, true}) {
        const std::string prefix = causal ? "causal " : "";
        add(prefix + "local attention",
            Attention{.heads = 2, .causal = causal, .kind = AttentionKind::local, .window = 2},
            {sequence});
        add(prefix + "linear attention",
            Attention{.heads = 2, .causal = causal, .kind = AttentionKind::linear},
            {sequence});
    }
    add("linear cross attention",
        Attention{.heads = 4, .kind = AttentionKind::linear},
        {sequence, {3, 8}});
    for (const RecurrentKind kind : {RecurrentKind::lstm, RecurrentKind::gru})
        for (const bool both : {false, true})
            add("recurrent",
                Recurrent{.kind = kind, .hidden = 3, .bidirectional = both},
                {sequence});
    for (const MessageKind kind : {MessageKind::gcn,
                                   MessageKind::sage,
                                   MessageKind::gat,
                                   MessageKind::gin,
                                   MessageKind::cheb,
                                   MessageKind::arma,
                                   MessageKind::graph})
        add("message passing " + std::to_string(static_cast<int>(kind)),
            MessagePassing{.kind = kind, .out = 3},
            {{6, 2}, {2, 9}},
            graph);

    NetworkDraft exits;
    ValueId value = exits.add("stem", Linear{.out = 6}, {exits.input("input", {4})});
    const ValueId early = exits.add("1st.exit", Linear{.out = 3}, {value});
    value = exits.add("act", Activation{}, {value});
    const ValueId last = exits.add("1st_exit", Linear{.out = 3}, {value});
    networks.emplace_back("two outputs", std::move(exits).finish({early, last}));
    networks.emplace_back("convnet", small_convnet({}));
    return networks;
}

}  // namespace parnas::tests
