// SPDX-License-Identifier: Apache-2.0
#include "spaces/weight_sizes.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "spaces/custom_op.h"
#include "spaces/overloaded.h"
#include "spaces/shapes.h"

namespace parnas::spaces {
namespace {

// Nobody says which weights there are: they may grow with every number that the op sees.
WeightExtents custom_extents(const Custom& op, std::vector<Shape> inputs) {
    for (Shape& shape : inputs)
        for (Dim& dim : shape)
            dim = std::max<Dim>(dim, 1);
    WeightExtents extents{definition_of(op).work(op, inputs).parameters};
    for (const Shape& shape : inputs)
        extents.insert(extents.end(), shape.begin(), shape.end());
    if (!op.attributes.empty())
        for (const Json& value : parse_json(op.attributes, op.type))
            if (value.is_number_integer())
                extents.push_back(value.get<std::int64_t>());
    return extents;
}

WeightExtents extents_of(const Op& op, const std::vector<Shape>& inputs) {
    const Shape& in = inputs.front();
    return std::visit(
        Overloaded{
            [&](const Conv& conv) {
                return WeightExtents{
                    conv.out, in[0] / conv.groups, conv.kernel[0], conv.kernel[1], conv.bias};
            },
            [&](const Linear& linear) {
                return WeightExtents{linear.out, in.back(), linear.bias};
            },
            [&](const Norm& norm) {
                const bool last = norm.kind == NormKind::layer || norm.kind == NormKind::rms;
                return WeightExtents{last ? in.back() : in.front(), norm.affine};
            },
            [&](const Embedding& embedding) {
                return WeightExtents{embedding.count, embedding.features};
            },
            [&](const Attention&) { return WeightExtents{in.back()}; },
            [&](const Recurrent& recurrent) {
                return WeightExtents{recurrent.hidden, in.back(), recurrent.bidirectional};
            },
            [&](const MessagePassing& message) {
                return WeightExtents{message.out, in.back()};
            },
            [&](const Custom& custom) { return custom_extents(custom, inputs); },
            [](const auto&) { return WeightExtents{}; },
        },
        op);
}

}  // namespace

bool WeightSizes::add(const Network& network) {
    const std::vector<Shape> shapes = infer_shapes(network);
    bool grew = false;
    for (const Node& node : network.nodes) {
        std::vector<Shape> inputs;
        for (const ValueId id : node.inputs)
            inputs.push_back(shapes[static_cast<std::size_t>(id)]);
        const WeightExtents extents = extents_of(node.op, inputs);
        if (extents.empty())
            continue;
        const auto [found, is_new] = largest_.emplace(node.name, extents);
        grew = grew || is_new;
        WeightExtents& largest = found->second;
        if (largest.size() != extents.size())
            throw Error(ErrorKind::invalid_input,
                        "its op has weights of another kind in another network of the space",
                        node.name);
        for (std::size_t i = 0; i < extents.size(); ++i) {
            grew = grew || extents[i] > largest[i];
            largest[i] = std::max(largest[i], extents[i]);
        }
    }
    return grew;
}

}  // namespace parnas::spaces
