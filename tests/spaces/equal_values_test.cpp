// SPDX-License-Identifier: Apache-2.0
#include "spaces/equal_values.h"

#include "spaces/shapes.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::spaces;

namespace {

std::vector<std::string> names(const Network& network) {
    std::vector<std::string> names;
    for (const Node& node : network.nodes)
        names.push_back(node.name);
    return names;
}

using Names = std::vector<std::string>;

constexpr Pool kSame{.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}};

}  // namespace

TEST_CASE("equal ops of equal inputs are computed once", "[spaces][equal_values]") {
    tests::NetworkDraft draft;
    const ValueId image = draft.input("image", {4, 8, 8});
    const ValueId first = draft.add("first", kSame, {image});
    const ValueId through = draft.add("through", Identity{}, {image});
    const ValueId second = draft.add("second", kSame, {through});
    const ValueId after_first = draft.add("after_first", Activation{}, {first});
    const ValueId after_second = draft.add("after_second", Activation{}, {second});
    const ValueId other = draft.add("other", Activation{.kind = ActivationKind::sigmoid}, {second});
    const Network network = std::move(draft).finish(
        {draft.add("sum", Add{}, {after_first, after_second, other}), second});
    const Network merged = merge_equal_values(network);
    CHECK(names(merged) == Names{"first", "through", "after_first", "other", "sum"});
    const Node& sum = merged.nodes.back();
    CHECK(sum.inputs[0] == sum.inputs[1]);
    CHECK(merged.outputs == std::vector<ValueId>{merged.id_of(4), merged.id_of(0)});
    CHECK(infer_shapes(merged).back() == infer_shapes(network).back());
    CHECK(merge_equal_values(merged) == merged);
}

TEST_CASE("what has weights or the other order of inputs is no repetition",
          "[spaces][equal_values]") {
    tests::NetworkDraft draft;
    const Conv conv{.out = 4, .kernel = {3, 3}, .padding = {1, 1}};
    const ValueId image = draft.input("image", {4, 8, 8});
    const ValueId left = draft.add("left", conv, {image});
    const ValueId right = draft.add("right", conv, {image});
    const ValueId norms = draft.add("norm", Norm{}, {image});
    const ValueId again = draft.add("again", Norm{}, {image});
    const ValueId one = draft.add("one", Concat{}, {left, right});
    const ValueId two = draft.add("two", Concat{}, {right, left});
    const Network network = std::move(draft).finish(
        {draft.add("sum", Add{}, {one, two}), draft.add("norms", Add{}, {norms, again})});
    CHECK(merge_equal_values(network) == network);
}
