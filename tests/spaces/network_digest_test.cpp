// SPDX-License-Identifier: Apache-2.0
#include "spaces/network_digest.h"

#include <set>

#include "spaces/canonical.h"
#include "tests/spaces/network_examples.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

// A convolution whose result the output needs or not, in front of another.
Network two_layers(const Conv& first, bool needed) {
    Sketch sketch(Shape{4, 8, 8});
    const ValueId one = sketch.add(first, {0});
    return sketch.ending_in({sketch.add(conv3x3(4), {needed ? one : 0})});
}

}  // namespace

TEST_CASE("the digest of a network does not depend on names", "[spaces][network_digest]") {
    const Network network = two_layers(conv3x3(4), true);
    Network renamed = network;
    renamed.inputs[0].name = "image";
    renamed.nodes[1].name = "last";
    CHECK(network_digest(renamed) == network_digest(network));
}

TEST_CASE("whatever runs is in the digest of a network", "[spaces][network_digest]") {
    const Network network = two_layers(conv3x3(4), true);
    Network in_half = network;
    in_half.nodes[0].precision = DType::fp16;
    Network sparse = network;
    sparse.nodes[1].sparsity = 0.5F;
    Network larger = network;
    larger.inputs[0].shape = {4, 16, 16};
    Network early_exit = network;
    early_exit.outputs = {1, 2};
    Conv biased = conv3x3(4);
    biased.bias = !biased.bias;
    const std::set<Digest> digests{network_digest(network),
                                   network_digest(two_layers(conv3x3(8), true)),
                                   network_digest(two_layers(biased, true)),
                                   network_digest(two_layers(conv3x3(4), false)),
                                   network_digest(in_half),
                                   network_digest(sparse),
                                   network_digest(larger),
                                   network_digest(early_exit)};
    CHECK(digests.size() == 8);
}

TEST_CASE("one architecture with other dead branches has another digest",
          "[spaces][network_digest]") {
    const Network small = two_layers(conv3x3(4), false);
    const Network large = two_layers(conv3x3(64), false);
    CHECK(canonical_hash(small) == canonical_hash(large));
    CHECK(network_digest(small) != network_digest(large));
}

}  // namespace parnas::spaces
