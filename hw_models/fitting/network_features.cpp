// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/network_features.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/error.h"
#include "spaces/count.h"
#include "spaces/equal_values.h"
#include "spaces/kernels.h"
#include "spaces/overloaded.h"
#include "spaces/zeros.h"

namespace parnas::hw_models {
namespace {

using spaces::Network;

enum KernelKind : std::size_t {
    conv1,
    conv3,
    conv_wide,
    depthwise3,
    depthwise_wide,
    conv_grouped,
    linear,
    attention,
    recurrent,
    message,
    custom,
    pool,
    global_pool,
    normalise,
    activate,
    add,
    multiply,
    copy,
    softmax,
    embed
};
// The first eleven do multiply-adds.
constexpr std::array<std::string_view, 20> kKernelKinds{
    "conv1",        "conv3",    "conv_wide",   "depthwise3", "depthwise_wide",
    "conv_grouped", "linear",   "attention",   "recurrent",  "message",
    "custom",       "pool",     "global_pool", "normalise",  "activate",
    "add",          "multiply", "copy",        "softmax",    "embed"};
constexpr std::size_t kWorking = 11;
// Multiply-adds in the time of a byte.
constexpr std::array<double, 4> kBalances{0.25, 1.0, 4.0, 16.0};
constexpr std::array<std::string_view, 5> kTotals{"kernels",
                                                  "multiply_adds",
                                                  "bytes",
                                                  "weight_bytes",
                                                  "root_multiply_adds"};
constexpr double kMillion = 1e-6;

// Where blocks begin in a row.
constexpr std::size_t kKindsAt = 0;
constexpr std::size_t kWorkAt = kKindsAt + kKernelKinds.size();
constexpr std::size_t kTrafficAt = kWorkAt + kWorking;
constexpr std::size_t kBoundsAt = kTrafficAt + kKernelKinds.size();
constexpr std::size_t kTotalsAt = kBoundsAt + kBalances.size();
// The blocks so far, again for what is run once.
constexpr std::size_t kOnceAt = kTotalsAt + kTotals.size();
constexpr std::size_t kUnneededAt = 2 * kOnceAt;
constexpr std::size_t kFoldedAt = kUnneededAt + kKernelKinds.size() + kWorking;
constexpr std::size_t kColumns = kFoldedAt + kKernelKinds.size() + kWorking;

using Row = std::array<double, kColumns>;

KernelKind kind_of(const spaces::Conv& conv, std::int64_t channels) {
    const std::int64_t width = std::max(conv.kernel[0], conv.kernel[1]);
    if (conv.groups == channels && conv.groups > 1)
        return width <= 3 ? depthwise3 : depthwise_wide;
    if (conv.groups > 1)
        return conv_grouped;
    return width == 1 ? conv1 : width == 3 ? conv3 : conv_wide;
}

// `count`: of the node, from which a convolution's input channels follow.
KernelKind kind_of(const spaces::Node& node, const spaces::Count& count) {
    using namespace spaces;
    return std::visit(Overloaded{
                          [&](const Conv& op) {
                              const std::int64_t outputs = op.out * op.kernel[0] * op.kernel[1];
                              const std::int64_t bias = op.bias ? op.out : 0;
                              const std::int64_t per_group =
                                  (count.parameters - bias) / std::max<std::int64_t>(outputs, 1);
                              return kind_of(op, per_group * op.groups);
                          },
                          [](const Linear&) { return linear; },
                          [](const Attention&) { return attention; },
                          [](const Recurrent&) { return recurrent; },
                          [](const MessagePassing&) { return message; },
                          [](const Custom&) { return custom; },
                          [](const Pool&) { return pool; },
                          [](const GlobalPool&) { return global_pool; },
                          [](const Norm&) { return normalise; },
                          [](const Activation&) { return activate; },
                          [](const Add&) { return KernelKind::add; },
                          [](const Mix&) { return KernelKind::add; },
                          [](const Multiply&) { return multiply; },
                          [](const Softmax&) { return softmax; },
                          [](const Embedding&) { return embed; },
                          [](const auto&) { return copy; },
                      },
                      node.op);
}

// By node: whether an output needs it. A zero needs nothing, nor does what is zero anyway.
std::vector<bool> needed_nodes(const Network& network, const std::vector<bool>& zero) {
    const std::size_t first = network.inputs.size();
    std::vector<bool> needed(first + network.nodes.size(), false);
    for (const spaces::ValueId id : network.outputs)
        needed[static_cast<std::size_t>(id)] = true;
    for (std::size_t i = network.nodes.size(); i-- > 0;) {
        if (!needed[first + i] || zero[first + i])
            continue;
        for (const spaces::ValueId id : network.nodes[i].inputs)
            needed[static_cast<std::size_t>(id)] = true;
    }
    std::vector<bool> nodes(network.nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i)
        nodes[i] = needed[first + i] && !zero[first + i];
    return nodes;
}

// What of a network runtimes may leave out; both empty where all is needed.
struct Dead {
    std::vector<bool> unneeded;  // by node
    std::vector<bool> folded;    // likewise
};

Dead dead_nodes(const Network& network) {
    if (!spaces::has_zeros(network))
        return {};
    const std::size_t first = network.inputs.size();
    std::vector<bool> only_zeros(first + network.nodes.size(), false);
    std::vector<bool> zero = only_zeros;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        only_zeros[first + i] = std::holds_alternative<spaces::Zero>(network.nodes[i].op);
        zero[first + i] = spaces::gives_zero(network.nodes[i], zero);
    }
    Dead dead{.unneeded = needed_nodes(network, only_zeros), .folded = needed_nodes(network, zero)};
    dead.unneeded.flip();
    dead.folded.flip();
    return dead;
}

struct FeaturedWork {
    KernelKind kind = copy;
    double multiply_adds = 0.0;
    double bytes = 0.0;
    double weight_bytes = 0.0;
};

FeaturedWork work_of(const Network& network,
                     const spaces::Kernel& kernel,
                     const std::vector<spaces::Count>& counts) {
    const std::size_t front = kernel.nodes.front();
    FeaturedWork work{.kind = kind_of(network.nodes[front], counts[front])};
    for (const std::size_t index : kernel.nodes) {
        const spaces::Count& count = counts[index];
        work.multiply_adds += static_cast<double>(count.multiply_adds) * kMillion;
        work.weight_bytes += static_cast<double>(count.weight_bytes) * kMillion;
    }
    const auto read = static_cast<double>(counts[front].bytes_read);
    const auto written = static_cast<double>(counts[kernel.nodes.back()].bytes_written);
    work.bytes = (read + written) * kMillion;
    return work;
}

void add_kernel(const FeaturedWork& work, std::size_t blocks, Row& row) {
    row[blocks + kKindsAt + work.kind] += 1.0;
    if (work.kind < kWorking)
        row[blocks + kWorkAt + work.kind] += work.multiply_adds;
    row[blocks + kTrafficAt + work.kind] += work.bytes;
    for (std::size_t i = 0; i < kBalances.size(); ++i)
        row[blocks + kBoundsAt + i] += std::max(work.multiply_adds, work.bytes * kBalances[i]);
    const std::array totals{
        1.0, work.multiply_adds, work.bytes, work.weight_bytes, std::sqrt(work.multiply_adds)};
    for (std::size_t i = 0; i < totals.size(); ++i)
        row[blocks + kTotalsAt + i] += totals[i];
}

void take_kernel(const FeaturedWork& work, std::size_t block, Row& row) {
    row[block + work.kind] -= 1.0;
    if (work.kind < kWorking)
        row[block + kKernelKinds.size() + work.kind] -= work.multiply_adds;
}

Row row_of(const Network& network) {
    const std::vector<spaces::Count> counts = spaces::count_nodes(network);
    const Dead dead = dead_nodes(network);
    const std::vector<spaces::ValueId> first = spaces::first_equal_values(network, counts);
    Row row{};
    for (const spaces::Kernel& kernel : spaces::kernels(network)) {
        const FeaturedWork work = work_of(network, kernel, counts);
        if (work.bytes == 0.0)
            continue;  // a view: nothing runs
        add_kernel(work, 0, row);
        const spaces::ValueId value = network.id_of(kernel.nodes.front());
        if (first[static_cast<std::size_t>(value)] == value)
            add_kernel(work, kOnceAt, row);
        const std::size_t last = kernel.nodes.back();
        if (!dead.unneeded.empty() && dead.unneeded[last])
            take_kernel(work, kUnneededAt, row);
        if (!dead.folded.empty() && dead.folded[last])
            take_kernel(work, kFoldedAt, row);
    }
    return row;
}

FeatureSchema make_schema() {
    const auto block = [](std::string_view name) {
        return FeatureBlock{.name = std::string(name), .columns = {}};
    };
    const auto add = [](FeatureBlock& to, std::string_view prefix, auto names, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            to.columns.push_back(std::string(prefix) + std::string(names[i]));
    };
    FeatureSchema schema;
    for (const std::string suffix : {"", "_once"}) {
        FeatureBlock kinds = block("kinds" + suffix);
        add(kinds, "", kKernelKinds, kKernelKinds.size());
        FeatureBlock work = block("work" + suffix);
        add(work, "", kKernelKinds, kWorking);
        FeatureBlock traffic = block("traffic" + suffix);
        add(traffic, "", kKernelKinds, kKernelKinds.size());
        FeatureBlock bounds = block("bounds" + suffix);
        add(bounds, "balance_", std::array{"0.25", "1", "4", "16"}, kBalances.size());
        FeatureBlock totals = block("totals" + suffix);
        add(totals, "", kTotals, kTotals.size());
        for (const FeatureBlock& each : {kinds, work, traffic, bounds, totals})
            schema.blocks.push_back(each);
    }
    for (const std::string_view name : {"unneeded", "folded"}) {
        FeatureBlock dead = block(name);
        add(dead, "kinds_", kKernelKinds, kKernelKinds.size());
        add(dead, "work_", kKernelKinds, kWorking);
        schema.blocks.push_back(std::move(dead));
    }
    return schema;
}

}  // namespace

const FeatureSchema& network_schema() {
    static const FeatureSchema schema = make_schema();
    return schema;
}

FeatureRows network_features(std::span<const Network* const> networks,
                             const std::stop_token& stop) {
    FeatureRows rows(std::ssize(networks), static_cast<Eigen::Index>(kColumns));
    for (std::size_t i = 0; i < networks.size(); ++i) {
        if (stop.stop_requested())
            throw Error(ErrorKind::unavailable, "stopped");
        const Row row = row_of(*networks[i]);
        rows.row(static_cast<Eigen::Index>(i)) =
            Eigen::Map<const Eigen::RowVectorXd>(row.data(), static_cast<Eigen::Index>(kColumns));
    }
    return rows;
}

PredictorOptions network_predictor_options(const FeatureStatistics& reference) {
    const auto known = [](std::vector<std::string> blocks) {
        blocks.emplace_back(kKnownTargets);
        blocks.emplace_back(kKnownTargetsMean);
        return blocks;
    };
    PredictorOptions options;
    constexpr auto kOnce = static_cast<Eigen::Index>(kOnceAt);
    const bool repeats = reference.mean.head(kOnce) != reference.mean.segment(kOnce, kOnce);
    for (const std::string suffix : {"", "_once"}) {
        if (!suffix.empty() && !repeats)
            continue;
        options.members.push_back({.name = "totals" + suffix,
                                   .blocks = {"totals" + suffix, "bounds" + suffix},
                                   .variances = {0.7, 0.3}});
        options.members.push_back({.name = "kinds" + suffix,
                                   .blocks = {"kinds" + suffix, "work" + suffix, "unneeded"},
                                   .variances = {0.4, 0.4, 0.3}});
        options.members.push_back({.name = "known" + suffix,
                                   .blocks = known({"totals" + suffix}),
                                   .variances = {0.5, 0.3, 0.3}});
        options.members.push_back({.name = "all" + suffix,
                                   .blocks = known({"kinds" + suffix,
                                                    "work" + suffix,
                                                    "traffic" + suffix,
                                                    "bounds" + suffix,
                                                    "totals" + suffix,
                                                    "unneeded",
                                                    "folded"}),
                                   .variances = {0.3, 0.2, 0.1, 0.1, 0.3, 0.2, 0.1, 0.3, 0.3}});
    }
    return options;
}

}  // namespace parnas::hw_models
