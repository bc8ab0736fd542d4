// SPDX-License-Identifier: Apache-2.0
#include "spaces/channel_groups.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "spaces/load.h"
#include "tests/spaces/network_examples.h"
#include "tests/spaces/space_texts.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

using Role = ChannelRole;
using Axes = std::vector<ChannelAxis>;

ChannelGroup group_with(const Network& network, const std::string& node, Role role) {
    for (ChannelGroup& group : channel_groups(network))
        if (std::ranges::find(group.axes, ChannelAxis{node, role}) != group.axes.end())
            return std::move(group);
    FAIL("no group has " << node);
    return {};
}

Network mobile_blocks() {
    const auto space = space_of(R"(
name: blocks@1
input: {image: [3, 16, 16]}
output: {classes: 3}
body:
  - conv: {name: stem, out: 16, norm: batch}
  - mbconv: {name: one, out: 16, kernel: 5, expand: 4, se: true}
  - mbconv: {name: two, out: 24, stride: 2, expand: {one_of: [3, 6]}}
  - head: {}
)");
    return network_of(*space, {{"two.expand", std::int64_t{6}}});
}

TEST_CASE("the expanded channels of a mobile block are one group", "[spaces][channels]") {
    const ChannelGroup middle = group_with(mobile_blocks(), "one.expand", Role::out);
    REQUIRE(middle.axes == Axes{{"one.expand", Role::out},
                                {"one.expand.norm", Role::norm},
                                {"one.depthwise", Role::depthwise},
                                {"one.depthwise.norm", Role::norm},
                                {"one.se.reduce", Role::in},
                                {"one.se.expand", Role::out},
                                {"one.project", Role::in}});
    REQUIRE(middle.channels == 64);
    REQUIRE_FALSE(middle.fixed);
}

TEST_CASE("a residual ties what it adds", "[spaces][channels]") {
    const ChannelGroup trunk = group_with(mobile_blocks(), "stem.conv", Role::out);
    REQUIRE(trunk.axes == Axes{{"stem.conv", Role::out},
                               {"stem.norm", Role::norm},
                               {"one.expand", Role::in},
                               {"one.project", Role::out},
                               {"one.project.norm", Role::norm},
                               {"two.expand", Role::in}});
    REQUIRE_FALSE(trunk.fixed);
}

TEST_CASE("channels that a classifier reads from a pooled image are a group",
          "[spaces][channels]") {
    const ChannelGroup last = group_with(mobile_blocks(), "head.classify", Role::in);
    REQUIRE(last.axes.front() == ChannelAxis{"two.project", Role::out});
    REQUIRE_FALSE(last.fixed);
}

TEST_CASE("inputs, outputs and what is joined, cut or grouped stay in order",
          "[spaces][channels]") {
    REQUIRE(group_with(mobile_blocks(), "stem.conv", Role::in).fixed);
    REQUIRE(group_with(mobile_blocks(), "head.classify", Role::out).fixed);

    Sketch sketch(Shape{4, 8, 8});
    const ValueId one = sketch.add(conv3x3(8), {0});
    const ValueId two = sketch.add(conv3x3(8), {one});
    const ValueId joined = sketch.add(Concat{}, {one, two});
    const ValueId grouped = sketch.add(Conv{.out = 8, .kernel = {1, 1}, .groups = 2}, {joined});
    const ValueId free = sketch.add(conv3x3(6), {grouped});
    const ValueId row = sketch.add(Slice{.axis = 1, .start = 2, .length = 4}, {free});
    const ValueId cut = sketch.add(Slice{.axis = 0, .length = 2}, {sketch.add(conv3x3(6), {row})});
    const Network network = sketch.ending_in({sketch.add(conv3x3(1), {cut})});
    REQUIRE(group_with(network, "n0", Role::out).fixed);
    REQUIRE(group_with(network, "n1", Role::out).fixed);
    REQUIRE(group_with(network, "n3", Role::in).fixed);
    REQUIRE(group_with(network, "n3", Role::out).fixed);
    REQUIRE(group_with(network, "n4", Role::in).fixed);
    REQUIRE_FALSE(group_with(network, "n4", Role::out).fixed);  // rows are cut, not channels
    REQUIRE(group_with(network, "n6", Role::out).fixed);
    REQUIRE(group_with(network, "n8", Role::in).fixed);
}

TEST_CASE("features of sequences are groups", "[spaces][channels]") {
    Sketch sketch({Input{"tokens", DType::int64, {12}}});
    const ValueId words = sketch.add(Embedding{.count = 20, .features = 8}, {0});
    const ValueId norm = sketch.add(Norm{.kind = NormKind::layer}, {words});
    const ValueId hidden = sketch.add(Linear{.out = 16}, {norm});
    const ValueId seen = sketch.add(Attention{.heads = 2}, {sketch.add(Activation{}, {hidden})});
    const Network network = sketch.ending_in({sketch.add(Linear{.out = 2}, {seen})});
    const ChannelGroup features = group_with(network, "n0", Role::out);
    REQUIRE(features.axes == Axes{{"n0", Role::out}, {"n1", Role::norm}, {"n2", Role::in}});
    REQUIRE_FALSE(features.fixed);
    REQUIRE(group_with(network, "n2", Role::out).fixed);
}

}  // namespace
}  // namespace parnas::spaces
