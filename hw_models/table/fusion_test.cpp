// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/fusion_test.h"

#include <algorithm>
#include <vector>

namespace parnas::hw_models {
namespace {

using namespace spaces;

constexpr std::int64_t kChannels = 64;

// Ops one after the other on an image; a sum adds the image to itself.
Network chain(const std::vector<Op>& ops) {
    Network network{.inputs = {{.name = "image", .shape = {kChannels, 28, 28}}}};
    for (const Op& op : ops) {
        const auto last = static_cast<ValueId>(network.nodes.size());
        const bool sum = std::holds_alternative<Add>(op);
        network.nodes.push_back(
            {.name = "node" + std::to_string(last),
             .op = op,
             .inputs = sum ? std::vector<ValueId>{last, last} : std::vector<ValueId>{last}});
    }
    network.outputs = {static_cast<ValueId>(network.nodes.size())};
    return network;
}

Op conv() {
    return Conv{.out = 2 * kChannels, .kernel = {3, 3}, .padding = {1, 1}};
}

Op depthwise() {
    return Conv{.out = kChannels, .kernel = {3, 3}, .padding = {1, 1}, .groups = kChannels};
}

// The image through a convolution and, beside it, a sum that the convolution's output is part
// of: of zeros, or of the image.
Network with_branch(bool of_zeros) {
    Network network = chain({});
    const Conv same{.out = kChannels, .kernel = {3, 3}, .padding = {1, 1}};
    if (of_zeros)
        network.nodes.push_back({.name = "zero", .op = Zero{}, .inputs = {0}});
    network.nodes.push_back(
        {.name = "conv", .op = same, .inputs = {of_zeros ? ValueId{1} : ValueId{0}}});
    const auto conv_id = static_cast<ValueId>(network.nodes.size());
    network.nodes.push_back({.name = "sum", .op = Add{}, .inputs = {0, conv_id}});
    network.nodes.push_back({.name = "act", .op = Activation{}, .inputs = {conv_id + 1}});
    network.outputs = {conv_id + 2};
    return network;
}

// The image pooled twice, and a sum: of the two poolings' results, or of the image and the second
// one, which follows the first.
Network pooled_twice(bool alike) {
    const Pool pool{.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}};
    Network network = chain({pool});
    network.nodes.push_back({.name = "again", .op = pool, .inputs = {alike ? ValueId{0} : 1}});
    network.nodes.push_back({.name = "sum", .op = Add{}, .inputs = {alike ? ValueId{1} : 0, 2}});
    network.outputs = {3};
    return network;
}

class Pairs {
  public:
    Pairs(KernelTimer& timer, const std::stop_token& stop) : timer_(timer), stop_(stop) {}

    // Whether `b` runs with what `a` are: ops one after the other that are one kernel.
    bool fused(const std::vector<Op>& a, const Op& b) {
        std::vector<Op> both = a;
        both.push_back(b);
        // What follows has the shape that `a` gives, which is not the image's.
        const bool wide =
            std::holds_alternative<Conv>(a.front()) && std::get<Conv>(a.front()).out != kChannels;
        Network after = chain({b});
        if (wide)
            after.inputs.front().shape.front() = std::get<Conv>(a.front()).out;
        const Network before = chain(a);
        const Network together = chain(both);
        return majority({&before, &after, &together}, [](const std::vector<Seconds>& times) {
            return times[0] + times[1] - times[2] > 0.5 * std::min(times[0], times[1]);
        });
    }

    bool folds_zeros() {
        const Network zeros = with_branch(true);
        const Network values = with_branch(false);
        return majority({&zeros, &values}, [](const std::vector<Seconds>& times) {
            return times[0] < 0.5 * times[1];
        });
    }

    bool merges_equal() {
        const Network alike = pooled_twice(true);
        const Network in_turn = pooled_twice(false);
        return majority({&alike, &in_turn}, [](const std::vector<Seconds>& times) {
            return times[0] < 0.75 * times[1];
        });
    }

  private:
    template <typename Question>
    bool majority(const std::vector<const Network*>& networks, const Question& question) {
        constexpr int kRounds = 3;
        int agreed = 0;
        for (int round = 0; round < kRounds; ++round)
            agreed += question(timer_.time(networks, stop_)) ? 1 : 0;
        return 2 * agreed > kRounds;
    }

    KernelTimer& timer_;
    const std::stop_token& stop_;
};

}  // namespace

FusionRules find_fusion(KernelTimer& timer, const std::stop_token& stop) {
    Pairs pairs(timer, stop);
    FusionRules rules;
    const auto take_along = [&](const Op& head, bool& norm, bool& activation) {
        std::vector<Op> kernel{head};
        norm = pairs.fused(kernel, Norm{});
        if (norm)
            kernel.emplace_back(Norm{});
        activation = pairs.fused(kernel, Activation{});
    };
    take_along(conv(), rules.conv_norm, rules.conv_activation);
    take_along(depthwise(), rules.depthwise_norm, rules.depthwise_activation);
    rules.sum_activation = pairs.fused({Add{}}, Activation{});
    rules.folds_zeros = pairs.folds_zeros();
    rules.merges_equal = pairs.merges_equal();
    return rules;
}

}  // namespace parnas::hw_models
