// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "core/hash.h"
#include "core/object_reader.h"
#include "evaluators/data/data_set.h"

namespace parnas::evaluators {

// Values at equal steps of time. A sample is a window of them and the steps that follow it.
struct Series {
    std::vector<std::string> columns;
    std::vector<float> values;          // steps x columns, row-major, as in the file
    std::vector<std::int64_t> targets;  // the columns that are forecast
    std::int64_t window = 1;            // steps that a forecast sees
    std::int64_t horizon = 1;           // steps of a forecast
    std::int64_t stride = 1;            // steps from one sample to the next
    Digest digest;

    std::int64_t steps() const { return static_cast<std::int64_t>(values.size() / columns.size()); }
};

// A text as numbers of characters. A sample is `length` of them; what is learned is which
// character follows each.
struct Text {
    std::string alphabet;               // the bytes that occur in the file, ascending
    std::vector<std::uint8_t> symbols;  // indices into it
    std::int64_t length = 1;
    Digest digest;
};

// A graph whose nodes have features and, some of them, labels. It is one sample; its nodes are
// shared out (transductive learning).
struct GraphData {
    std::int64_t nodes = 0;
    std::int64_t features = 0;
    std::vector<float> values;       // nodes x features, row-major
    std::vector<std::int64_t> from;  // of each directed edge
    std::vector<std::int64_t> to;
    std::vector<std::int32_t> labels;  // by node, in [0, classes)
    std::int64_t classes = 0;
    Split parts;  // nodes, as the file says; not all of them
    Digest digest;
};

using Data = std::variant<DataSet, Series, Text, GraphData>;

// Reads `data` of a job: what read_data_set() reads, or series, text or graph (docs/job-file.md,
// "data"). Errors as there.
Data read_data(ObjectReader& options, const std::filesystem::path& base);

const Digest& digest_of(const Data& data);

// Lengths of three parts, one after the other, of `size` steps or characters: training,
// validation, test. Throws Error(invalid_input) if one that is asked for gets none.
struct PartSizes {
    std::int64_t train = 0;
    std::int64_t validation = 0;
    std::int64_t test = 0;
};
PartSizes divide(std::int64_t size, const SplitOptions& options);

}  // namespace parnas::evaluators
