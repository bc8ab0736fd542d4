// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "evaluators/data/data_set.h"

namespace parnas::evaluators {

// One reader per format. All throw as read_data_set() does; a file may be gzip.

struct CsvOptions {
    std::filesystem::path path;
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

}  // namespace parnas::evaluators
