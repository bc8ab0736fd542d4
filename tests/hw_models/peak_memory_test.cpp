// SPDX-License-Identifier: Apache-2.0
#include "hw_models/costs/peak_memory.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/rng.h"
#include "spaces/count.h"
#include "tests/spaces/network_examples.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

namespace parnas::hw_models {
namespace {

using namespace spaces;

constexpr MemoryRules kPlain{.in_place = false};
constexpr MemoryRules kInPlace{.in_place = true};

std::int64_t given_peak(const Network& network, const MemoryRules& rules) {
    const MemoryPlan plan = plan_memory(network, rules, DType::fp32, 1);
    std::vector<std::size_t> order(plan.steps.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    return peak_bytes(plan, order);
}

// By definition, from nothing but the plan: a buffer is alive at a step if it was written by
// then, or is an input, and something is still to come that needs it.
std::int64_t slow_peak(const MemoryPlan& plan, const std::vector<std::size_t>& order) {
    const auto position = [&](std::size_t step) {
        return std::ranges::find(order, step) - order.begin();
    };
    std::int64_t inputs = 0;
    for (const MemoryPlan::Buffer& buffer : plan.buffers)
        inputs += buffer.given ? buffer.bytes : 0;
    std::int64_t peak = inputs;
    for (std::ptrdiff_t now = 0; now < std::ssize(order); ++now) {
        std::int64_t live = plan.steps[order[static_cast<std::size_t>(now)]].workspace_bytes;
        for (const MemoryPlan::Buffer& buffer : plan.buffers) {
            const auto by = [&](std::size_t step) { return position(step) <= now; };
            const auto from = [&](std::size_t step) { return position(step) >= now; };
            const bool begun = buffer.given || std::ranges::any_of(buffer.writers, by);
            const bool needed = buffer.kept || std::ranges::any_of(buffer.readers, from) ||
                                std::ranges::any_of(buffer.writers, from);
            live += begun && needed ? buffer.bytes : 0;
        }
        peak = std::max(peak, live);
    }
    return peak;
}

// Every topological order.
void for_each_order(const MemoryPlan& plan,
                    const std::function<void(const std::vector<std::size_t>&)>& visit) {
    std::vector<std::size_t> order;
    const auto done = [&](std::size_t step) {
        return std::ranges::find(order, step) != order.end();
    };
    const std::function<void()> extend = [&] {
        if (order.size() == plan.steps.size()) {
            visit(order);
            return;
        }
        for (std::size_t step = 0; step < plan.steps.size(); ++step) {
            if (done(step) || !std::ranges::all_of(plan.steps[step].after, done))
                continue;
            order.push_back(step);
            extend();
            order.pop_back();
        }
    };
    extend();
}

void check_against_brute_force(const Network& network, const MemoryRules& rules) {
    const MemoryPlan plan = plan_memory(network, rules, DType::fp32, 1);
    std::int64_t least = -1;
    bool equal = true;
    for_each_order(plan, [&](const std::vector<std::size_t>& order) {
        const std::int64_t slow = slow_peak(plan, order);
        equal = equal && peak_bytes(plan, order) == slow;
        least = least < 0 ? slow : std::min(least, slow);
    });
    const BestOrder best = find_best_order(plan);
    if (equal && best.exact && best.peak_bytes == least &&
        peak_bytes(plan, best.steps) == best.peak_bytes)
        return;  // an assertion for each of thousands would take longer than they do
    CHECK(equal);
    CHECK(best.exact);
    CHECK(best.peak_bytes == least);
    CHECK(peak_bytes(plan, best.steps) == best.peak_bytes);
}

// Rules whose in-place writes, concatenations and workspaces all differ.
constexpr MemoryRules kRules[] = {kPlain,
                                  kInPlace,
                                  {.in_place = true, .concat_in_place = true},
                                  {.in_place = false, .concat_in_place = true}};

// Calls `visit` with every way to add `left` more nodes of a few kinds to `sketch`.
void for_each_network(const Sketch& sketch,
                      ValueId values,
                      int left,
                      const std::function<void(const Network&)>& visit) {
    if (left == 0) {
        visit(sketch.ending_in({values - 1}));
        if (values > 2)
            visit(sketch.ending_in({values - 1, values - 2}));
        return;
    }
    const auto go_on = [&](Op op, std::vector<ValueId> inputs) {
        Sketch longer = sketch;
        longer.add(std::move(op), std::move(inputs));
        for_each_network(longer, values + 1, left - 1, visit);
    };
    for (ValueId a = 0; a < values; ++a) {
        go_on(Activation{}, {a});
        go_on(Identity{}, {a});
        go_on(Linear{.out = 3}, {a});
        for (ValueId b = 0; b <= a; ++b)
            go_on(Concat{}, {b, a});
    }
}

TEST_CASE("peak memory and best order equal brute force on all small networks",
          "[hw_models][memory]") {
    int networks = 0;
    for_each_network(Sketch(Shape{5}), 1, 3, [&](const Network& network) {
        check_against_brute_force(network, kRules[networks++ % 4]);
    });
    CHECK(networks > 900);
}

TEST_CASE("peak memory and best order equal brute force on random networks",
          "[hw_models][memory]") {
    Rng rng(7);
    for (int i = 0; i < 60; ++i) {
        Sketch sketch(Shape{static_cast<Dim>(1 + rng.below(8))});
        for (ValueId values = 1; values < 8; ++values) {
            const auto pick = [&] {
                return static_cast<ValueId>(rng.below(static_cast<std::uint64_t>(values)));
            };
            switch (rng.below(4)) {
                case 0:
                    sketch.add(Activation{}, {pick()});
                    break;
                case 1:
                    sketch.add(Concat{}, {pick(), pick()});
                    break;
                default:
                    sketch.add(Linear{.out = static_cast<Dim>(1 + rng.below(30))}, {pick()});
            }
        }
        check_against_brute_force(sketch.ending_in({7}), kRules[i % 4]);
    }
}

TEST_CASE("without rules of its own the peak is that of count()", "[hw_models][memory]") {
    Sketch sketch({1, 10, 10});
    const ValueId a = sketch.add(Activation{}, {0});
    const ValueId alias = sketch.add(Identity{}, {a});
    const ValueId b = sketch.add(Activation{}, {a});
    const ValueId sum = sketch.add(Add{}, {alias, b});
    const Network network = sketch.ending_in({sketch.add(GlobalPool{}, {sum})});
    CHECK(given_peak(network, kPlain) == 1200);
    CHECK(count(network).peak_activation_bytes == 1200);
    const Network convnet = tests::small_convnet({.depth = 3});
    CHECK(given_peak(convnet, kPlain) == count(convnet).peak_activation_bytes);
}

TEST_CASE("an activation or batch norm writes over what it alone reads", "[hw_models][memory]") {
    // conv: 100 -> 200, norm and activation beside it or in place.
    Sketch sketch({1, 5, 5});
    const ValueId conv = sketch.add(conv3x3(2), {0});
    const ValueId norm = sketch.add(Norm{}, {conv});
    const ValueId act = sketch.add(Activation{}, {sketch.add(Identity{}, {norm})});
    CHECK(given_peak(sketch.ending_in({act}), kPlain) == 400);
    CHECK(given_peak(sketch.ending_in({act}), kInPlace) == 300);
    // The norm is an output, so the activation has to leave it.
    CHECK(given_peak(sketch.ending_in({norm, act}), kInPlace) == 400);
    // The input is the caller's.
    Sketch first({1, 5, 5});
    CHECK(given_peak(first.ending_in({first.add(Activation{}, {0})}), kInPlace) == 200);
    // A layer norm needs statistics of its input first.
    Sketch layer(Shape{5, 5});
    const ValueId linear = layer.add(Linear{.out = 10}, {0});
    const Network network = layer.ending_in({layer.add(Norm{.kind = NormKind::layer}, {linear})});
    CHECK(given_peak(network, kInPlace) == 400);
}

TEST_CASE("the input of a residual block stays until the sum", "[hw_models][memory]") {
    // Channels 1 -> 4, then a block with 4 -> 8 -> 4 and its input: maps of 100 bytes.
    Sketch sketch({1, 5, 5});
    const ValueId stem = sketch.add(conv3x3(4), {0});
    const ValueId wide = sketch.add(Activation{}, {sketch.add(conv3x3(8), {stem})});
    const ValueId narrow = sketch.add(conv3x3(4), {wide});
    const Network chain = sketch.ending_in({narrow});
    const ValueId sum = sketch.add(Add{}, {stem, narrow});
    // stem, wide and narrow at the second convolution of the block.
    CHECK(given_peak(sketch.ending_in({sum}), kInPlace) == 400 + 800 + 400);
    // Without the sum the stem goes once it was read.
    CHECK(given_peak(chain, kInPlace) == 800 + 400);
}

TEST_CASE("in a chain the peak is the largest input and output of a layer, as MCUNet has it",
          "[hw_models][memory]") {
    const std::int64_t channels[] = {3, 16, 8, 48, 24, 96};
    Sketch sketch({channels[0], 8, 8});
    ValueId value = 0;
    std::int64_t largest = 0;
    for (std::size_t i = 1; i < std::size(channels); ++i) {
        value = sketch.add(conv3x3(channels[i]), {value});
        value = sketch.add(Activation{}, {sketch.add(Norm{}, {value})});
        largest = std::max(largest, 4 * 64 * (channels[i - 1] + channels[i]));
    }
    CHECK(given_peak(sketch.ending_in({value}), kInPlace) == largest);
}

TEST_CASE("parts of a concatenation may be made in its place", "[hw_models][memory]") {
    Sketch sketch({1, 5, 5});
    const ValueId a = sketch.add(conv3x3(2), {0});
    const ValueId b = sketch.add(Activation{}, {sketch.add(conv3x3(3), {0})});
    const Network network = sketch.ending_in({sketch.add(Concat{}, {a, b})});
    CHECK(given_peak(network, kInPlace) == 200 + 300 + 500);
    const MemoryRules rules{.concat_in_place = true};
    CHECK(given_peak(network, rules) == 100 + 500);
    // An input of the network is the caller's, and is copied.
    Sketch mixed({1, 5, 5});
    const ValueId c = mixed.add(conv3x3(2), {0});
    CHECK(given_peak(mixed.ending_in({mixed.add(Concat{}, {c, 0})}), rules) == 100 + 300);
}

TEST_CASE("nothing writes over a concatenation whose parts others read", "[hw_models][memory]") {
    const auto peak = [](bool read_again) {
        Sketch sketch({1, 5, 5});
        const ValueId a = sketch.add(conv3x3(2), {0});
        const ValueId b = sketch.add(conv3x3(2), {a});
        const ValueId c = sketch.add(conv3x3(2), {b});
        const ValueId act = sketch.add(Activation{}, {sketch.add(Concat{}, {b, c})});
        const ValueId end = sketch.add(GlobalPool{}, {act});
        return given_peak(read_again ? sketch.ending_in({end, a}) : sketch.ending_in({end}),
                          {.concat_in_place = true});
    };
    // b is read by c and by the concatenation (400), over which the activation cannot write.
    CHECK(peak(false) == 800);
    CHECK(peak(true) == 200 + 800);
}

TEST_CASE("im2col holds a column for every output of a convolution", "[hw_models][memory]") {
    const MemoryRules rules{.workspace = Workspace::im2col};
    Sketch sketch({2, 6, 6});
    const Network network = sketch.ending_in({sketch.add(conv3x3(4, 2), {0})});
    // 2 x 6 x 6 in, 4 x 3 x 3 out, 2 x 3 x 3 for each of 3 x 3 outputs
    CHECK(given_peak(network, rules) == 4 * (72 + 36 + 18 * 9));
    Sketch pointwise({2, 6, 6});
    const Network without = pointwise.ending_in({pointwise.add(Conv{.out = 4}, {0})});
    CHECK(given_peak(without, rules) == 4 * (72 + 144));
}

TEST_CASE("the best order finishes a branch before it begins the next", "[hw_models][memory]") {
    // Two branches 1 -> 16 -> 1, written breadth first.
    Sketch sketch({1, 5, 5});
    const ValueId wide1 = sketch.add(conv3x3(16), {0});
    const ValueId wide2 = sketch.add(conv3x3(16), {0});
    const ValueId narrow1 = sketch.add(conv3x3(1), {wide1});
    const ValueId narrow2 = sketch.add(conv3x3(1), {wide2});
    const Network network = sketch.ending_in({sketch.add(Add{}, {narrow1, narrow2})});
    CHECK(given_peak(network, kInPlace) == 1600 + 1600 + 100);
    const MemoryPlan plan = plan_memory(network, kInPlace, DType::fp32, 1);
    const BestOrder best = find_best_order(plan);
    CHECK(best.exact);
    CHECK(best.peak_bytes == 100 + 1600 + 100);
    CHECK(best.steps == std::vector<std::size_t>{0, 2, 1, 3, 4});

    const BestOrder limited = find_best_order(plan, 2);
    CHECK_FALSE(limited.exact);
    CHECK(limited.peak_bytes == given_peak(network, kInPlace));
}

TEST_CASE("pieces of a long network are ordered each on its own", "[hw_models][memory]") {
    Sketch sketch({1, 5, 5});
    ValueId value = 0;
    for (int i = 0; i < 40; ++i) {
        const ValueId wide1 = sketch.add(conv3x3(16), {value});
        const ValueId wide2 = sketch.add(conv3x3(16), {value});
        const ValueId narrow1 = sketch.add(conv3x3(1), {wide1});
        const ValueId narrow2 = sketch.add(conv3x3(1), {wide2});
        value = sketch.add(Add{}, {narrow1, narrow2});
    }
    const MemoryPlan plan = plan_memory(sketch.ending_in({value}), kInPlace, DType::fp32, 1);
    const BestOrder best = find_best_order(plan, 1000);
    CHECK(best.exact);
    CHECK(best.peak_bytes == 1800);
}

TEST_CASE("memory follows the batch and the narrower of the types", "[hw_models][memory]") {
    const Network network = tests::small_convnet({.depth = 1});
    const auto peak = [&](DType dtype, std::int64_t batch) {
        return find_best_order(plan_memory(network, kInPlace, dtype, batch)).peak_bytes;
    };
    CHECK(peak(DType::fp32, 3) == 3 * peak(DType::fp32, 1));
    CHECK(peak(DType::fp32, 1) == 2 * peak(DType::bf16, 1));
    CHECK(peak(DType::fp32, 1) == 4 * peak(DType::int8, 1));
}

}  // namespace
}  // namespace parnas::hw_models
