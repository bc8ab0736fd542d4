// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/document.h"
#include "core/json.h"
#include "core/units.h"
#include "hw_models/hardware_model.h"
#include "hw_models/table/additivity.h"
#include "hw_models/table/kernel_case.h"

namespace parnas::hw_models {

// A kernel's time on a target, without what a call of the runtime costs.
struct TableEntry {
    std::string key;
    std::string kind;
    KernelWork work;
    Seconds time{0};
    Seconds low{0};  // lowest and highest of the passes
    Seconds high{0};
};

// How a table came to be.
struct TableProvenance {
    std::string space;  // whose kernels it has
    std::string date;   // YYYY-MM-DD
    std::string tool;   // "parnas 0.1.0"
    int passes = 0;
    int networks = 0;      // that the kernels were collected from
    int left_out = 0;      // kernels of these that are not in it
    int disturbed = 0;     // timings beside others, which are marked
    int not_monotone = 0;  // pairs where more work takes less time, measured again in vain
    std::string cache;     // "rotate" or "warm"
};

// Times of a runtime's kernels in one setting, and how they add up to a network's.
struct OperatorTable {
    Target target;
    TableProvenance provenance;
    FusionRules rules;
    std::vector<TableEntry> entries;  // by key
    Additivity additivity;
};

// "host-libtorch-1t-fp32-nchw-b1": a target's name as that of a document.
std::string document_name(const Target& target);

// A document of kind `table`, version 1.
Json to_json(const OperatorTable& table);
// Throws Error(invalid_input) with all faults.
OperatorTable read_table(const Document& document);

}  // namespace parnas::hw_models
