// SPDX-License-Identifier: Apache-2.0
#include "spaces/canonical.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "core/rng.h"
#include "tests/spaces/network_examples.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

const Shape kImage{4, 8, 8};

// The same network with its nodes in another topological order and sums' terms shuffled.
Network shuffled(const Network& network, Rng& rng) {
    const std::size_t first = network.inputs.size();
    std::vector<ValueId> moved(first + network.nodes.size(), -1);
    std::iota(moved.begin(), moved.begin() + static_cast<std::ptrdiff_t>(first), 0);
    Network other = network;
    other.nodes.clear();
    while (other.nodes.size() < network.nodes.size()) {
        std::vector<std::size_t> ready;
        for (std::size_t i = 0; i < network.nodes.size(); ++i)
            if (moved[first + i] < 0 &&
                std::ranges::all_of(network.nodes[i].inputs, [&](ValueId id) {
                    return moved[static_cast<std::size_t>(id)] >= 0;
                }))
                ready.push_back(i);
        const std::size_t next = rng.pick(ready);
        Node node = network.nodes[next];
        for (ValueId& input : node.inputs)
            input = moved[static_cast<std::size_t>(input)];
        if (std::holds_alternative<Add>(node.op))
            rng.shuffle(std::span(node.inputs));
        node.name = "m" + std::to_string(other.nodes.size());
        moved[first + next] = other.id_of(other.nodes.size());
        other.nodes.push_back(std::move(node));
    }
    for (ValueId& output : other.outputs)
        output = moved[static_cast<std::size_t>(output)];
    return other;
}

// An independent normal form: ops only, each input a multiset of inputs (-1) and ops.
using Terms = std::map<int, std::uint64_t>;
struct Flat {
    std::vector<std::size_t> kinds;          // by op
    std::vector<std::vector<Terms>> inputs;  // by op, by position
    std::vector<Terms> outputs;
};

Flat flatten(const Network& network) {
    std::vector<Terms> values{{{-1, 1}}};
    Flat all;
    for (const Node& node : network.nodes) {
        Terms value;
        if (std::holds_alternative<Add>(node.op)) {
            for (const ValueId id : node.inputs)
                for (const auto& [term, times] : values[static_cast<std::size_t>(id)])
                    value[term] += times;
        } else {
            all.kinds.push_back(node.op.index());
            all.inputs.emplace_back();
            for (const ValueId id : node.inputs)
                all.inputs.back().push_back(values[static_cast<std::size_t>(id)]);
            value[static_cast<int>(all.kinds.size()) - 1] = 1;
        }
        values.push_back(value);
    }
    for (const ValueId id : network.outputs)
        all.outputs.push_back(values[static_cast<std::size_t>(id)]);

    std::set<int> live;
    const auto need = [&](const Terms& terms) {
        for (const auto& [term, times] : terms)
            live.insert(term);
    };
    std::ranges::for_each(all.outputs, need);
    for (int op = static_cast<int>(all.kinds.size()); op-- > 0;)
        if (live.contains(op))
            std::ranges::for_each(all.inputs[static_cast<std::size_t>(op)], need);
    live.insert(-1);
    std::map<int, int> places;
    for (const int term : live)
        places[term] = static_cast<int>(places.size()) - 1;
    const auto renumber = [&](const Terms& terms) {
        Terms renumbered;
        for (const auto& [term, times] : terms)
            renumbered[places.at(term)] = times;
        return renumbered;
    };
    Flat flat;
    for (const Terms& output : all.outputs)
        flat.outputs.push_back(renumber(output));
    for (const int term : live) {
        if (term < 0)
            continue;
        const auto op = static_cast<std::size_t>(term);
        flat.kinds.push_back(all.kinds[op]);
        flat.inputs.emplace_back();
        for (const Terms& terms : all.inputs[op])
            flat.inputs.back().push_back(renumber(terms));
    }
    return flat;
}

Terms mapped(const Terms& terms, const std::vector<int>& images) {
    Terms result;
    for (const auto& [term, times] : terms)
        result[term < 0 ? -1 : images[static_cast<std::size_t>(term)]] = times;
    return result;
}

// Maps the ops from `images.size()` on; an op's inputs are mapped before it.
bool extends(const Flat& left, const Flat& right, std::vector<int>& images) {
    const std::size_t op = images.size();
    if (op == left.kinds.size()) {
        for (std::size_t i = 0; i < left.outputs.size(); ++i)
            if (mapped(left.outputs[i], images) != right.outputs[i])
                return false;
        return true;
    }
    std::vector<Terms> wanted;
    for (const Terms& terms : left.inputs[op])
        wanted.push_back(mapped(terms, images));
    for (std::size_t image = 0; image < right.kinds.size(); ++image) {
        if (right.kinds[image] != left.kinds[op] || right.inputs[image] != wanted ||
            std::ranges::count(images, static_cast<int>(image)) > 0)
            continue;
        images.push_back(static_cast<int>(image));
        if (extends(left, right, images))
            return true;
        images.pop_back();
    }
    return false;
}

bool isomorphic(const Flat& left, const Flat& right) {
    std::vector<int> images;
    return left.kinds.size() == right.kinds.size() && left.outputs.size() == right.outputs.size() &&
           extends(left, right, images);
}

Network random_network(Rng& rng) {
    Sketch sketch(kImage);
    std::vector<ValueId> values{0};
    const std::vector<Op> ops = {Add{}, Add{}, Activation{}, conv3x3(4), pool3x3(), Multiply{}};
    const std::uint64_t size = 2 + rng.below(6);
    for (std::uint64_t i = 0; i < size; ++i) {
        const Op& op = rng.pick(ops);
        std::vector<ValueId> inputs{rng.pick(values)};
        const std::uint64_t more = std::holds_alternative<Add>(op)        ? 1 + rng.below(2)
                                   : std::holds_alternative<Multiply>(op) ? 1
                                                                          : 0;
        for (std::uint64_t k = 0; k < more; ++k)
            inputs.push_back(rng.pick(values));
        values.push_back(sketch.add(op, inputs));
    }
    const ValueId other = rng.pick(values);
    return rng.chance(0.5) ? sketch.ending_in({values.back()})
                           : sketch.ending_in({sketch.add(Concat{}, {values.back(), other})});
}

TEST_CASE("hashes are equal exactly where a search finds an isomorphism", "[spaces][canonical]") {
    Rng rng(7);
    std::vector<std::pair<Flat, Digest>> known;
    for (int i = 0; i < 1200; ++i) {
        const Network network = random_network(rng);
        known.emplace_back(flatten(network), canonical_hash(network));
    }
    std::size_t equal = 0;
    for (std::size_t i = 0; i < known.size(); ++i)
        for (std::size_t k = 0; k < i; ++k) {
            const bool same = isomorphic(known[i].first, known[k].first);
            equal += same ? 1 : 0;
            if ((known[i].second == known[k].second) != same) {
                CAPTURE(i, k, same);
                FAIL("the hash and the search disagree");
            }
        }
    CHECK(equal > 1000);  // both sides are tried
}

TEST_CASE("neither node order, names nor the order of terms count", "[spaces][canonical]") {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Rng rng(seed);
        const Network network = random_network(rng);
        CAPTURE(seed);
        REQUIRE(canonical_hash(shuffled(network, rng)) == canonical_hash(network));
    }
}

TEST_CASE("what distinguishes two networks counts", "[spaces][canonical]") {
    Sketch sketch(kImage);
    const ValueId relu = sketch.add(Activation{}, {0});
    const Network plain = sketch.ending_in({sketch.add(conv3x3(4), {relu})});
    std::vector<Network> all(8, plain);
    all[1].nodes[1].precision = DType::int8;
    all[2].nodes[1].sparsity = 0.5F;
    all[3].nodes[1].op = conv3x3(5);
    all[4].inputs[0].shape = {4, 8, 9};
    all[5].inputs[0].dtype = DType::fp16;
    all[6].outputs = {2, 1};
    all[7].outputs = {1, 2};
    std::set<Digest> hashes;
    for (const Network& network : all)
        hashes.insert(canonical_hash(network));
    CHECK(hashes.size() == all.size());

    Network renamed = plain;
    renamed.inputs[0].name = "other";
    CHECK(canonical_hash(renamed) == canonical_hash(plain));
}

TEST_CASE("symbols count by their place, not by their name", "[spaces][canonical]") {
    Network network = Sketch(std::vector<Input>{Input{"a", {}, {-1, -2}}, Input{"b", {}, {-2}}})
                          .ending_in({0, 1});
    network.symbols = {"rows", "columns"};
    Network swapped = network;
    swapped.symbols = {"c", "r"};
    swapped.inputs[0].shape = {-2, -1};
    swapped.inputs[1].shape = {-1};
    CHECK(canonical_hash(swapped) == canonical_hash(network));
    swapped.inputs[1].shape = {-2};
    CHECK(canonical_hash(swapped) != canonical_hash(network));
}

TEST_CASE("doubling a sum many times is neither slow nor forgotten", "[spaces][canonical]") {
    const auto doubled = [](int times) {
        Sketch sketch(kImage);
        ValueId value = 0;
        for (int i = 0; i < times; ++i)
            value = sketch.add(Add{}, {value, value});
        return sketch.ending_in({value});
    };
    CHECK(canonical_hash(doubled(60)) != canonical_hash(doubled(61)));
    CHECK(canonical_hash(doubled(0)) != canonical_hash(doubled(1)));
}

TEST_CASE("zeros of one shape are one, however they were made", "[spaces][canonical]") {
    Sketch sketch(kImage);
    const ValueId zero = sketch.add(Zero{.stride = 2}, {0});
    const ValueId conv = sketch.add(Pool{}, {sketch.relu_conv_norm(0, conv3x3(4))});
    const ValueId product = sketch.add(Multiply{}, {conv, zero});
    const ValueId other = sketch.add(Zero{}, {zero});
    const Digest expected = canonical_hash(sketch.ending_in({zero}));
    CHECK(canonical_hash(sketch.ending_in({product})) == expected);
    CHECK(canonical_hash(sketch.ending_in({other})) == expected);
    CHECK(canonical_hash(sketch.ending_in({conv})) != expected);
}

// Convolutions in rings: each sum of two neighbours goes through a relu. Colour refinement
// cannot tell one ring of six from two of three.
Network rings(const std::vector<std::size_t>& lengths) {
    Sketch sketch(kImage);
    std::vector<ValueId> ends;
    for (const std::size_t length : lengths) {
        std::vector<ValueId> ring;
        for (std::size_t i = 0; i < length; ++i)
            ring.push_back(sketch.add(conv3x3(4), {0}));
        for (std::size_t i = 0; i < length; ++i)
            ends.push_back(
                sketch.add(Activation{}, {sketch.add(Add{}, {ring[i], ring[(i + 1) % length]})}));
    }
    return sketch.ending_in({sketch.add(Add{}, ends)});
}

TEST_CASE("rings that refinement takes for the same are told apart", "[spaces][canonical]") {
    CHECK(canonical_hash(rings({6})) != canonical_hash(rings({3, 3})));
    CHECK(canonical_hash(rings({5, 4})) != canonical_hash(rings({6, 3})));
    CHECK(canonical_hash(rings({7, 3, 4})) == canonical_hash(rings({4, 7, 3})));
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Rng rng(seed);
        CHECK(canonical_hash(shuffled(rings({6, 6, 4}), rng)) == canonical_hash(rings({6, 6, 4})));
    }
}

// NAS-Bench-201 (Dong and Yang 2020): nodes 0 to 3, each the sum of its edges; none, skip,
// conv 1x1, conv 3x3, average pool 3x3.
constexpr std::size_t kEdges = 6;
using Cell = std::array<std::size_t, kEdges>;

Cell cell_of(std::size_t code) {
    Cell cell{};
    for (std::size_t& edge : cell) {
        edge = code % 5;
        code /= 5;
    }
    return cell;
}

ValueId add_edge(Sketch& sketch, std::size_t op, std::int64_t channels, ValueId from) {
    switch (op) {
        case 0:
            return sketch.add(Zero{}, {from});
        case 1:
            return sketch.add(Identity{}, {from});
        case 2:
            return sketch.relu_conv_norm(from, Conv{.out = channels});
        case 3:
            return sketch.relu_conv_norm(from, conv3x3(channels));
        default:
            return sketch.add(pool3x3(), {from});
    }
}

ValueId add_cell(Sketch& sketch, const Cell& cell, std::int64_t channels, ValueId input) {
    std::vector<ValueId> nodes{input};
    std::size_t edge = 0;
    for (std::size_t to = 1; to < 4; ++to) {
        std::vector<ValueId> terms;
        for (std::size_t from = 0; from < to; ++from)
            terms.push_back(add_edge(sketch, cell[edge++], channels, nodes[from]));
        nodes.push_back(sketch.add(Add{}, terms));
    }
    return nodes[3];
}

// The basic block that halves height and width.
ValueId add_reduction(Sketch& sketch, std::int64_t channels, ValueId input) {
    const ValueId body = sketch.relu_conv_norm(sketch.relu_conv_norm(input, conv3x3(channels, 2)),
                                               conv3x3(channels));
    const ValueId shortcut = sketch.add(Conv{.out = channels}, {sketch.add(Pool{}, {input})});
    return sketch.add(Add{}, {body, shortcut});
}

Network one_cell(std::size_t code) {
    Sketch sketch(kImage);
    return sketch.ending_in({add_cell(sketch, cell_of(code), kImage[0], 0)});
}

Network two_cells(std::size_t code) {
    Sketch sketch(kImage);
    const ValueId first = add_cell(sketch, cell_of(code), 4, 0);
    const ValueId second = add_cell(sketch, cell_of(code), 8, add_reduction(sketch, 8, first));
    const ValueId features = sketch.add(GlobalPool{}, {second});
    return sketch.ending_in({sketch.add(Linear{.out = 10}, {features})});
}

TEST_CASE("the cells of NAS-Bench-201 fall into 5425 classes, alone and in a network",
          "[spaces][canonical]") {
    std::map<Digest, Digest> networks;  // by the class of the cell
    std::set<Digest> classes;
    for (std::size_t code = 0; code < 15'625; ++code) {
        const Digest network = canonical_hash(two_cells(code));
        classes.insert(network);
        const auto [known, added] = networks.emplace(canonical_hash(one_cell(code)), network);
        if (known->second != network)
            FAIL("cells of one class make different networks, at " << code);
    }
    CHECK(networks.size() == 5425);
    CHECK(classes.size() == 5425);
}

TEST_CASE("a deep network of symmetric cells has a hash", "[spaces][canonical]") {
    Sketch sketch(kImage);
    ValueId value = 0;
    for (int i = 0; i < 15; ++i)
        value = add_cell(sketch, {3, 3, 1, 0, 3, 3}, 4, value);
    const Network network = sketch.ending_in({value});
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        Rng rng(seed);
        CHECK(canonical_hash(shuffled(network, rng)) == canonical_hash(network));
    }
}

}  // namespace
}  // namespace parnas::spaces
