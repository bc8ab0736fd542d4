// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/kernel_case.h"

#include <nlohmann/json.hpp>

#include "core/rng.h"
#include "spaces/count.h"
#include "spaces/load.h"
#include "spaces/shapes.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::hw_models;
using namespace parnas::spaces;

namespace {

// conv, norm, relu; and a sum of it and the stem, with a relu after it.
Network residual() {
    tests::NetworkDraft draft;
    const Conv conv{.out = 8, .kernel = {3, 3}, .padding = {1, 1}};
    const ValueId stem = draft.add("stem", conv, {draft.input("image", {3, 16, 16})});
    ValueId value = draft.add("conv", conv, {stem});
    value = draft.add("norm", Norm{}, {value});
    value = draft.add("act", Activation{}, {value});
    value = draft.add("sum", Add{}, {value, stem});
    value = draft.add("last", Activation{}, {value});
    return std::move(draft).finish({value});
}

std::vector<std::string> kinds(const KernelList& list) {
    std::vector<std::string> kinds;
    for (const KernelCase& kernel : list.kernels)
        kinds.push_back(kernel.kind);
    return kinds;
}

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("a runtime that fuses nothing runs node by node", "[hw_models][kernel_case]") {
    const KernelList list = split_kernels(residual(), {});
    CHECK(kinds(list) == Kinds{"conv 3x3", "conv 3x3", "norm", "activation", "add", "activation"});
    CHECK(list.branches == 1);
    CHECK(list.kernels[1].key == "conv out=8 kernel=3x3 padding=1x1 @ 8x16x16");
    CHECK(list.kernels[4].key == "add @ 8x16x16 + 8x16x16");
}

TEST_CASE("a runtime's rules decide what is one kernel", "[hw_models][kernel_case]") {
    CHECK(split_kernels(residual(), {.conv_norm = true}).kernels.size() == 5);
    const KernelList all = split_kernels(
        residual(), {.conv_norm = true, .conv_activation = true, .sum_activation = true});
    CHECK(kinds(all) == Kinds{"conv 3x3", "conv 3x3, norm, activation", "add, activation"});
    // Nothing jumps over a norm that is not fused.
    CHECK(split_kernels(residual(), {.conv_activation = true}).kernels.size() == 6);
    // The rules of depthwise convolutions are others.
    CHECK(split_kernels(residual(), {.depthwise_norm = true, .depthwise_activation = true})
              .kernels.size() == 6);
}

TEST_CASE("kernels are valid networks that together do the work of the whole",
          "[hw_models][kernel_case]") {
    for (const char* name : {"cell201", "mobile", "mlp"}) {
        const auto space = load_space(name, {});
        Rng rng(5);
        for (int i = 0; i < 3; ++i) {
            const auto network = space->decode(sample_feasible(*space, rng)).network;
            const Count whole = count(*network);
            for (const FusionRules& rules :
                 {FusionRules{},
                  FusionRules{
                      .conv_norm = true, .conv_activation = true, .sum_activation = true}}) {
                double multiply_adds = 0.0;
                double weight_bytes = 0.0;
                for (const KernelCase& kernel : split_kernels(*network, rules).kernels) {
                    INFO(name << ": " << kernel.key);
                    CHECK_NOTHROW(infer_shapes(kernel.network));
                    CHECK(static_cast<double>(count(kernel.network).multiply_adds) ==
                          kernel.work.multiply_adds);
                    multiply_adds += kernel.work.multiply_adds;
                    weight_bytes += kernel.work.weight_bytes;
                }
                CHECK(multiply_adds == static_cast<double>(whole.multiply_adds));
                CHECK(weight_bytes == static_cast<double>(whole.weight_bytes));
            }
        }
    }
}

TEST_CASE("zeros are kernels unless the runtime folds them", "[hw_models][kernel_case]") {
    tests::NetworkDraft draft;
    const ValueId image = draft.input("image", {4, 8, 8});
    const ValueId zero = draft.add("zero", Zero{}, {image});
    const ValueId dead =
        draft.add("dead", Conv{.out = 4, .kernel = {3, 3}, .padding = {1, 1}}, {zero});
    const ValueId through = draft.add("identity", Identity{}, {image});
    const ValueId sum = draft.add("sum", Add{}, {through, dead});
    const Network network = std::move(draft).finish({draft.add("act", Activation{}, {sum})});
    CHECK(kinds(split_kernels(network, {})) == Kinds{"zero", "conv 3x3", "add", "activation"});
    CHECK(kinds(split_kernels(network, {.folds_zeros = true})) == Kinds{"activation"});
}

TEST_CASE("what is computed twice is one kernel if the runtime merges it",
          "[hw_models][kernel_case]") {
    tests::NetworkDraft draft;
    const Pool pool{.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}};
    const Conv conv{.out = 4, .kernel = {3, 3}, .padding = {1, 1}};
    const ValueId image = draft.input("image", {4, 8, 8});
    const ValueId through = draft.add("identity", Identity{}, {image});
    const ValueId first = draft.add("first", pool, {image});
    const ValueId second = draft.add("second", pool, {through});
    const ValueId other = draft.add("other", pool, {first});
    // Their weights differ.
    const ValueId left = draft.add("left", conv, {first});
    const ValueId right = draft.add("right", conv, {second});
    const Network network =
        std::move(draft).finish({draft.add("sum", Add{}, {left, right, other, second})});
    const std::string pooling = "average pool 3x3/1x1";
    CHECK(kinds(split_kernels(network, {})) ==
          Kinds{pooling, pooling, pooling, "conv 3x3", "conv 3x3", "add"});
    const KernelList merged = split_kernels(network, {.merges_equal = true});
    CHECK(kinds(merged) == Kinds{pooling, pooling, "conv 3x3", "conv 3x3", "add"});
    CHECK(merged.branches == 3);
}

TEST_CASE("attention of different code is of different kinds", "[hw_models][kernel_case]") {
    const auto kind = [](const Attention& op) {
        return split_kernels(tests::network_of(op, {{6, 8}}), {}).kernels.at(0).kind;
    };
    CHECK(kind({.heads = 2, .causal = true}) == "attention");
    CHECK(kind({.kind = AttentionKind::local, .window = 2}) == "local attention");
    CHECK(kind({.kind = AttentionKind::linear}) == "linear attention");
}

TEST_CASE("convolutions of different code are of different kinds", "[hw_models][kernel_case]") {
    const auto kind = [](const Conv& conv) {
        return split_kernels(tests::network_of(conv, {{8, 8, 8}}), {}).kernels.at(0).kind;
    };
    CHECK(kind({.out = 8}) == "conv 1x1");
    CHECK(kind({.out = 8, .kernel = {3, 3}, .stride = {2, 2}}) == "conv 3x3/2x2");
    CHECK(kind({.out = 8, .kernel = {5, 5}, .groups = 8}) == "depthwise conv 5x5");
    CHECK(kind({.out = 8, .kernel = {5, 5}, .groups = 4}) == "grouped conv 5x5");
    CHECK(kind({.out = 8, .kernel = {3, 3}, .dilation = {2, 2}}) == "conv 3x3 dilated");
}
