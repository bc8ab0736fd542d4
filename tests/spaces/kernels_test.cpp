// SPDX-License-Identifier: Apache-2.0
#include "spaces/kernels.h"

#include "tests/spaces/network_examples.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

using Groups = std::vector<std::vector<std::size_t>>;

Groups groups_of(const Network& network) {
    Groups groups;
    for (const Kernel& kernel : kernels(network))
        groups.emplace_back(kernel.nodes.begin(), kernel.nodes.end());
    return groups;
}

TEST_CASE("a convolution runs with its batch norm and activation", "[spaces][kernels]") {
    Sketch sketch({3, 8, 8});
    const ValueId conv = sketch.add(conv3x3(3), {0});
    const ValueId through = sketch.add(Identity{}, {conv});
    const ValueId norm = sketch.add(Norm{}, {through});
    const ValueId relu = sketch.add(Activation{}, {norm});
    const ValueId sum = sketch.add(Add{}, {relu, 0});
    const ValueId end = sketch.add(Activation{}, {sum});
    CHECK(groups_of(sketch.ending_in({end})) == Groups{{0, 2, 3}, {4, 5}});
}

TEST_CASE("what others read or need cannot be fused", "[spaces][kernels]") {
    Sketch sketch({3, 8, 8});
    const ValueId conv = sketch.add(conv3x3(3), {0});
    const ValueId relu = sketch.add(Activation{}, {conv});
    CHECK(groups_of(sketch.ending_in({relu})) == Groups{{0, 1}});
    CHECK(groups_of(sketch.ending_in({relu, conv})) == Groups{{0}, {1}});
    const ValueId sum = sketch.add(Add{}, {conv, relu});
    CHECK(groups_of(sketch.ending_in({sum})) == Groups{{0}, {1}, {2}});
}

TEST_CASE("layer norms and zeros stand apart", "[spaces][kernels]") {
    Sketch sketch(Shape{4, 8});
    const ValueId linear = sketch.add(Linear{.out = 8}, {0});
    const ValueId norm = sketch.add(Norm{.kind = NormKind::layer}, {linear});
    const ValueId relu = sketch.add(Activation{}, {norm});
    const ValueId zero = sketch.add(Zero{}, {relu});
    CHECK(groups_of(sketch.ending_in({zero})) == Groups{{0}, {1}, {2}});
}

}  // namespace
}  // namespace parnas::spaces
