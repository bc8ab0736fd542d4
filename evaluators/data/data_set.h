// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/hash.h"
#include "core/object_reader.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// Labelled samples in memory. Values are as in the file, before normalisation.
struct DataSet {
    spaces::Shape shape;               // of one sample: {channels, height, width} or {features}
    std::vector<float> values;         // samples x shape, row-major
    std::vector<std::int32_t> labels;  // in [0, classes)
    std::int64_t classes = 0;
    Digest digest;  // of the files' content

    std::size_t size() const { return labels.size(); }
};

// Reads `data` of a job's training evaluator: exactly one of csv, idx, cifar10, images
// (docs/job-file.md, "data"). Paths are relative to `base`. What is wrong with the options
// goes to the reader's faults, unknown keys too, and if there are any no file is read and
// the result is empty; a file that cannot be read or is not what it should be
// throws Error(not_found) or Error(invalid_input), its place file and line or byte.
DataSet read_data_set(ObjectReader& options, const std::filesystem::path& base);

struct SplitOptions {
    double validation = 0.2;  // shares of all samples, in (0, 1); their sum below 1
    double test = 0.2;        // may be 0
    std::uint64_t seed = 0;
};

// Indices into a data set; disjoint, together all samples, every class shared out in
// proportion (stratified). Depends on the labels and the seed alone.
struct Split {
    std::vector<std::int64_t> train;
    std::vector<std::int64_t> validation;
    std::vector<std::int64_t> test;
};
Split make_split(const DataSet& data, const SplitOptions& options);

}  // namespace parnas::evaluators
