// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <nlohmann/json.hpp>

#include "spaces/custom_op.h"

namespace parnas::tests {

// "widen@1": `times` copies of the first dimension, each entry of it scaled by a weight of its own.
inline std::shared_ptr<const spaces::CustomOp> widen() {
    using namespace spaces;
    const auto times = [](const Custom& op) {
        return parse_json(op.attributes, op.type)["times"].get<std::int64_t>();
    };
    CustomOp op{
        .layer = {.name = "widen@1",
                  .about = "copies of the channels",
                  .attributes = {{.name = "times", .low = 1, .high = 64},
                                 {.name = "gain", .kind = AttributeKind::real, .otherwise = 1.0},
                                 {.name = "mode",
                                  .kind = AttributeKind::word,
                                  .otherwise = std::string("tile"),
                                  .words = {"tile", "repeat"}}}},
        .shape =
            [times](const Custom& custom, std::span<const Shape> in) {
                Shape out = in[0];
                out[0] *= times(custom);
                return out;
            },
        .work =
            [times](const Custom& custom, std::span<const Shape> in) {
                std::int64_t elements = times(custom);
                for (const Dim dim : in[0])
                    elements *= dim;
                return CustomWork{.multiply_adds = elements, .parameters = in[0][0]};
            }};
    return std::make_shared<const CustomOp>(std::move(op));
}

inline spaces::Custom widened(std::int64_t times) {
    const std::vector<Scalar> values{times, 1.0, std::string("tile")};
    return spaces::make_custom(widen(), values);
}

inline spaces::OpSource with_widen() {
    return [] {
        auto registry = std::make_shared<spaces::OpRegistry>("operator");
        registry->add("widen@1", widen());
        return registry;
    };
}

}  // namespace parnas::tests
