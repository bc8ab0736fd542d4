// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/object_reader.h"
#include "core/units.h"
#include "hw_models/costs/memory_rules.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// What a target offers besides speed and what running on it costs; nothing where it is not
// known. Figures of a document, or of the job that names it.
struct CostFigures {
    MemoryRules memory;
    // Of activations, and of weights too unless they have flash of their own.
    std::optional<Bytes> memory_capacity;
    std::optional<Bytes> flash_capacity;  // of weights

    std::optional<Watts> static_power;           // drawn while the network runs
    std::map<spaces::DType, double> pj_per_mac;  // on top of it, by type; empty: not known
    std::optional<double> pj_per_dram_byte;      // read or written by a kernel
    std::optional<double> pj_per_sram_byte;      // read or written by a node

    std::optional<double> price_per_hour;  // of the target, in `currency`
    std::string currency = "USD";
    double concurrency = 1.0;  // inferences at the same time, each at its full speed
    double utilisation = 0.6;  // share of the time paid for in which the target has work

    bool operator==(const CostFigures&) const = default;
};

// Reads the keys of the same names (docs/targets.md); those that are missing keep what they
// have in `otherwise`. `dtype`: of the target.
CostFigures read_cost_figures(ObjectReader& reader,
                              spaces::DType dtype,
                              CostFigures otherwise = {});

// All of it, as one line: two are equal iff their texts are.
std::string describe(const CostFigures& figures);

}  // namespace parnas::hw_models
