// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "evaluators/data/data.h"
#include "evaluators/data/data_set.h"

namespace parnas::evaluators {

// One reader per format. All throw as read_data_set() does; a file may be gzip.

struct CsvOptions {
    std::filesystem::path path;
    std::int64_t skip = 0;       // rows before the table
    std::optional<bool> header;  // nullopt: decided by the first row
    // A column, from 0; negative: from the end; or its name in the header.
    std::variant<std::int64_t, std::string> label = std::int64_t{-1};
    spaces::Shape shape;  // empty: {features}
};
// Comma-separated numbers and one label, which may be text. Classes are the different
// labels in ascending order, by value if all are numbers. Blank lines are skipped.
DataSet read_csv(const CsvOptions& options);

struct IdxOptions {
    std::filesystem::path images;  // unsigned bytes, {count, height, width} or with channels
    std::filesystem::path labels;  // unsigned bytes, {count}
};
// The format of MNIST (LeCun, Cortes and Burges, "The MNIST database", 1998).
DataSet read_idx(const IdxOptions& options);

// The binary version of CIFAR-10 (Krizhevsky, 2009): records of one label byte and 3 x 32 x
// 32 pixels; the files one after the other.
DataSet read_cifar10(const std::vector<std::filesystem::path>& paths);

struct ImageFolderOptions {
    std::filesystem::path folder;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t channels = 3;  // 1 (luminance) or 3 (RGB)
};
// A folder per class, named after it, with PNG, JPEG, BMP, PPM and PGM files.
DataSet read_image_folder(const ImageFolderOptions& options);

struct SeriesOptions {
    std::filesystem::path path;
    std::vector<std::string> targets;  // columns to forecast; empty: all
    std::int64_t window = 48;
    std::int64_t horizon = 1;
    std::int64_t stride = 1;
    std::optional<std::int64_t> limit;  // the first so many steps
};
// Comma-separated columns with a header, one row for each step; columns that are no numbers, such
// as dates, are left out.
Series read_series(const SeriesOptions& options);

struct TextOptions {
    std::filesystem::path path;
    std::int64_t length = 64;
    std::optional<std::int64_t> limit;  // the first so many characters
};
// Characters are bytes; the alphabet is that of the whole file.
Text read_text(const TextOptions& options);

struct GraphOptions {
    std::filesystem::path nodes;
    std::filesystem::path edges;
    bool directed = false;  // else each edge goes both ways
};
// CSV files: of nodes, numbered by their rows from 0, with the columns label (from 0), split
// (train, val, test or none) and features (the numbers of those that are 1, with spaces between
// them); of edges, two columns of nodes.
GraphData read_graph(const GraphOptions& options);

}  // namespace parnas::evaluators
