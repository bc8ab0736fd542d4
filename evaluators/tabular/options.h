// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/object_reader.h"
#include "evaluators/tabular/formulas.h"
#include "evaluators/tabular/row_finder.h"
#include "evaluators/tabular/table.h"

namespace parnas::evaluators {

// What a table knows about a candidate at one share of the full training.
struct RecordedOptions {
    double fidelity = 1.0;
    std::vector<Formula> metrics;  // as many as TabularOptions::metrics, in its order
    Formula cost;
    double cost_share = 1.0;  // of what the formula says
};

struct TabularOptions {
    std::vector<TableFile> tables;
    KeyOptions key;
    std::vector<std::string> metrics;
    std::vector<RecordedOptions> recorded;  // by fidelity, ascending; the last one is full
    bool reports = false;                   // each of `recorded` is a step on the way to the next
    std::vector<std::pair<std::string, Formula>> test_metrics;
    std::string text;  // as JSON: what besides the tables decides the outcome
};

// Reads `evaluator` of a job; faults go to the reader, and with any the result is of no use.
TabularOptions read_tabular_options(ObjectReader& options, const std::filesystem::path& base);

}  // namespace parnas::evaluators
