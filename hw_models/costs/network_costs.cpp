// SPDX-License-Identifier: Apache-2.0
#include "hw_models/costs/network_costs.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <fmt/format.h>

#include "core/error.h"
#include "hw_models/costs/memory_plan.h"
#include "hw_models/costs/peak_memory.h"
#include "spaces/dtype.h"

namespace parnas::hw_models {
namespace {

constexpr double kMillijoulesPerPicojoule = 1e-9;

double seconds(Milliseconds time) {
    return std::chrono::duration_cast<Seconds>(time).count();
}

Bytes weights_in(const std::vector<spaces::Count>& counts,
                 const spaces::Network& network,
                 spaces::DType type) {
    Bytes sum;
    for (std::size_t i = 0; i < counts.size(); ++i)
        sum += Bytes(counts[i].parameters *
                     spaces::byte_size(type_of(network.nodes[i], {.dtype = type})));
    return sum;
}

double pj_per_mac(const CostFigures& figures, spaces::DType type, spaces::DType target) {
    const auto found = figures.pj_per_mac.find(type);
    if (found != figures.pj_per_mac.end())
        return found->second;
    const auto usual = figures.pj_per_mac.find(target);
    return usual == figures.pj_per_mac.end() ? 0.0 : usual->second;
}

}  // namespace

Bytes ModelSize::in(spaces::DType type) const {
    switch (type) {
        case spaces::DType::fp16:
            return fp16;
        case spaces::DType::bf16:
            return bf16;
        case spaces::DType::int8:
            return int8;
        case spaces::DType::fp32:
        case spaces::DType::int64:
            break;
    }
    return fp32;
}

ModelSize model_size(const spaces::Network& network) {
    const std::vector<spaces::Count> counts = spaces::count_nodes(network);
    const auto in = [&](spaces::DType type) { return weights_in(counts, network, type); };
    return {.fp32 = in(spaces::DType::fp32),
            .fp16 = in(spaces::DType::fp16),
            .bf16 = in(spaces::DType::bf16),
            .int8 = in(spaces::DType::int8)};
}

MemoryNeed memory_need(const spaces::Network& network, const MemoryRules& rules, const Run& run) {
    MemoryNeed need{.weights = weights_in(spaces::count_nodes(network), network, run.dtype)};
    const MemoryPlan plan = plan_memory(network, rules, run.dtype, run.batch);
    if (rules.order == StepOrder::best) {
        const BestOrder best = find_best_order(plan);
        need.activations = Bytes(best.peak_bytes);
        need.best_order = best.exact;
    } else {
        std::vector<std::size_t> order(plan.steps.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        need.activations = Bytes(peak_bytes(plan, order));
    }
    return need;
}

std::optional<std::string> describe_overflow(const MemoryNeed& need, const CostFigures& figures) {
    const auto over = [](std::string_view what, Bytes bytes, std::string_view memory, Bytes most) {
        return fmt::format("does not fit: {} need {} bytes, the target has {} bytes of {}",
                           what,
                           bytes.count(),
                           most.count(),
                           memory);
    };
    if (figures.flash_capacity && need.weights > *figures.flash_capacity)
        return over("weights", need.weights, "flash", *figures.flash_capacity);
    if (!figures.memory_capacity)
        return std::nullopt;
    if (figures.flash_capacity && need.activations > *figures.memory_capacity)
        return over("activations", need.activations, "memory", *figures.memory_capacity);
    if (!figures.flash_capacity && need.total() > *figures.memory_capacity)
        return over("weights and activations", need.total(), "memory", *figures.memory_capacity);
    return std::nullopt;
}

std::optional<Millijoules> modelled_energy(const spaces::Network& network,
                                           Milliseconds latency,
                                           const CostFigures& figures,
                                           const Run& run) {
    if (!figures.static_power && figures.pj_per_mac.empty() && !figures.pj_per_dram_byte &&
        !figures.pj_per_sram_byte)
        return std::nullopt;
    const std::vector<spaces::Count> counts = spaces::count_nodes(network);
    double picojoules = 0.0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const Work work = work_of(network, {{i}}, counts, run);
        const spaces::DType type = type_of(network.nodes[i], run);
        picojoules += work.multiply_adds * pj_per_mac(figures, type, run.dtype) +
                      work.bytes * figures.pj_per_sram_byte.value_or(0.0);
    }
    if (figures.pj_per_dram_byte)
        for (const spaces::Kernel& kernel : spaces::kernels(network))
            picojoules += work_of(network, kernel, counts, run).bytes * *figures.pj_per_dram_byte;
    return figures.static_power.value_or(Watts()) * latency +
           Millijoules(picojoules * kMillijoulesPerPicojoule);
}

double throughput_per_s(Milliseconds latency, std::int64_t batch, const CostFigures& figures) {
    return static_cast<double>(batch) * figures.concurrency / seconds(latency);
}

std::optional<double> cost_per_million(Milliseconds latency,
                                       std::int64_t batch,
                                       const CostFigures& figures) {
    if (!figures.price_per_hour)
        return std::nullopt;
    const double per_second = throughput_per_s(latency, batch, figures) * figures.utilisation;
    return *figures.price_per_hour / 3600.0 / per_second * 1e6;
}

}  // namespace parnas::hw_models
