// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"
#include "evaluators/data/csv_text.h"

namespace parnas::evaluators {

// A file of a table. The second and later ones are joined to the first on the column `on`:
// every row there must have one partner here; rows without one are left out.
struct TableFile {
    std::filesystem::path path;
    std::string on;
};

// The cells of CSV files with a header, joined. Immutable.
class Table {
  public:
    // Throws Error(not_found) or Error(invalid_input), its places file and line.
    explicit Table(const std::vector<TableFile>& files);

    std::size_t rows() const { return parts_.front().lines.size(); }
    // Of several columns of one name, that of the first file.
    std::optional<std::size_t> find(std::string_view name) const;
    // The same; throws Error(invalid_input) if there is none.
    std::size_t column(std::string_view name) const;
    std::vector<std::string> names() const;
    const std::string& name(std::size_t column) const { return columns_[column].name; }
    // One per row.
    const std::vector<std::string_view>& cells(std::size_t column) const {
        return columns_[column].cells;
    }
    // Throws Error(invalid_input) with the first 20 cells that are no numbers. NaN and
    // infinity are.
    std::vector<double> numbers(std::size_t column) const;
    // "file:line" of a cell.
    std::string where(std::size_t row, std::size_t column) const;
    // The first file.
    const std::filesystem::path& path() const { return parts_.front().path; }
    // Of the files' content.
    const Digest& digest() const { return digest_; }

  private:
    struct Part {  // a file
        std::filesystem::path path;
        std::unique_ptr<CsvText> text;
        std::vector<std::size_t> lines;  // by row
    };
    struct Column {
        std::string name;
        std::size_t part = 0;
        std::vector<std::string_view> cells;
    };

    std::vector<Column> read(const std::filesystem::path& path);
    void join(const std::string& on, std::vector<Column> columns);

    std::vector<Part> parts_;
    std::vector<Column> columns_;
    Digest digest_;
};

}  // namespace parnas::evaluators
