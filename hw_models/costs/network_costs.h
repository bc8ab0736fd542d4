// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/units.h"
#include "hw_models/costs/cost_figures.h"
#include "hw_models/costs/kernel_work.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// Bytes of weights, each in the type given or in its node's own if that is narrower.
struct ModelSize {
    Bytes fp32;
    Bytes fp16;
    Bytes bf16;
    Bytes int8;

    Bytes in(spaces::DType type) const;
};
ModelSize model_size(const spaces::Network& network);

// What a network needs on a target, by the target's rules.
struct MemoryNeed {
    Bytes weights;
    Bytes activations;  // at the worst moment, workspace included
    // No order of the nodes needs less; false where the given one is taken as it is.
    bool best_order = false;

    Bytes total() const { return weights + activations; }
};
MemoryNeed memory_need(const spaces::Network& network, const MemoryRules& rules, const Run& run);

// Why a network does not fit, or nothing.
std::optional<std::string> describe_overflow(const MemoryNeed& need, const CostFigures& figures);

// Static power while the network runs, and for what it does
//
//     sum over nodes of multiply-adds * pj_per_mac[type of the node]
//     + bytes that kernels read and write * pj_per_dram_byte
//     + bytes that nodes read and write * pj_per_sram_byte,
//
// since what fused nodes hand on stays on the chip (the action counts of Accelergy, Wu, Emer and
// Sze, ICCAD 2019, with two levels of memory). Of one batch. Nothing if no figure is known;
// figures that are missing count as 0.
std::optional<Millijoules> modelled_energy(const spaces::Network& network,
                                           Milliseconds latency,
                                           const CostFigures& figures,
                                           const Run& run);

// Inferences per second while the target has work.
double throughput_per_s(Milliseconds latency, std::int64_t batch, const CostFigures& figures);

// What a million inferences cost, in the currency of the price; nothing without a price.
std::optional<double> cost_per_million(Milliseconds latency,
                                       std::int64_t batch,
                                       const CostFigures& figures);

}  // namespace parnas::hw_models
