// SPDX-License-Identifier: Apache-2.0
#include "evaluators/tabular/table.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/object_reader.h"
#include "evaluators/data/file.h"

namespace parnas::evaluators {
namespace {

std::string place(const std::filesystem::path& path, std::size_t line) {
    return fmt::format("{}:{}", path.string(), line);
}

void check_names(const std::filesystem::path& path, const CsvRow& header) {
    std::set<std::string_view> names;
    for (const std::string_view name : header.fields)
        if (!names.insert(name).second)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("two columns are named '{}'", name),
                        place(path, header.line));
}

}  // namespace

Table::Table(const std::vector<TableFile>& files) {
    std::string digests;
    for (const TableFile& file : files) {
        std::vector<Column> columns = read(file.path);
        if (parts_.size() == 1)
            columns_ = std::move(columns);
        else
            join(file.on, std::move(columns));
        digests += to_string(hash_bytes(parts_.back().text->content()));
    }
    digest_ = hash_bytes(digests);
}

// The columns of the file, which becomes the last part.
std::vector<Table::Column> Table::read(const std::filesystem::path& path) {
    Part& part = parts_.emplace_back();
    part.path = path;
    part.text = std::make_unique<CsvText>(read_content(path));
    CsvRow row;
    if (!part.text->next(row))
        refuse_file(path, "the file is empty; expected a header and rows");
    check_names(path, row);
    std::vector<Column> columns;
    for (const std::string_view name : row.fields)
        columns.push_back({.name = std::string(name), .part = parts_.size() - 1});

    Faults faults;
    while (faults.list().size() < kMaxFaults && part.text->next(row)) {
        if (row.fields.size() != columns.size()) {
            faults.add(place(path, row.line),
                       fmt::format("expected {} fields as in the header, found {}",
                                   columns.size(),
                                   row.fields.size()));
            continue;
        }
        part.lines.push_back(row.line);
        for (std::size_t i = 0; i < columns.size(); ++i)
            columns[i].cells.push_back(row.fields[i]);
    }
    faults.throw_if_any();
    if (part.lines.empty())
        refuse_file(path, "there are no rows under the header");
    return columns;
}

void Table::join(const std::string& on, std::vector<Column> columns) {
    Part& part = parts_.back();
    const std::optional<std::size_t> left = find(on);
    const auto right = std::ranges::find(columns, on, &Column::name);
    if (!left || right == columns.end())
        refuse_file(!left ? path() : part.path,
                    fmt::format("the tables are joined on '{}', but there is no such column", on));

    Faults faults;
    std::unordered_map<std::string_view, std::size_t> row_of;
    for (std::size_t row = 0; row < part.lines.size(); ++row)
        if (!row_of.emplace(right->cells[row], row).second && faults.list().size() < kMaxFaults)
            faults.add(place(part.path, part.lines[row]),
                       fmt::format("{} = {} was there before, and the tables are joined on it",
                                   on,
                                   right->cells[row]));
    std::vector<std::size_t> partners;
    for (std::size_t row = 0; row < rows(); ++row) {
        const auto found = row_of.find(cells(*left)[row]);
        if (found != row_of.end())
            partners.push_back(found->second);
        else if (faults.list().size() < kMaxFaults)
            faults.add(
                where(row, *left),
                fmt::format(
                    "{} has no row with {} = {}", part.path.string(), on, cells(*left)[row]));
    }
    faults.throw_if_any();

    const auto in_order = [&partners](const auto& values) {
        std::remove_cvref_t<decltype(values)> ordered;
        ordered.reserve(partners.size());
        for (const std::size_t row : partners)
            ordered.push_back(values[row]);
        return ordered;
    };
    for (Column& column : columns) {
        column.cells = in_order(column.cells);
        columns_.push_back(std::move(column));
    }
    part.lines = in_order(part.lines);
}

std::optional<std::size_t> Table::find(std::string_view name) const {
    const auto found = std::ranges::find(columns_, name, &Column::name);
    if (found == columns_.end())
        return std::nullopt;
    return static_cast<std::size_t>(found - columns_.begin());
}

std::size_t Table::column(std::string_view name) const {
    if (const auto found = find(name))
        return *found;
    throw Error(ErrorKind::invalid_input,
                fmt::format("no column is named '{}'{}", name, did_you_mean(name, names())),
                path().string());
}

std::vector<std::string> Table::names() const {
    std::vector<std::string> names;
    for (const Column& column : columns_)
        names.push_back(column.name);
    return names;
}

std::vector<double> Table::numbers(std::size_t column) const {
    Faults faults;
    std::vector<double> numbers;
    numbers.reserve(rows());
    for (std::size_t row = 0; row < rows() && faults.list().size() < kMaxFaults; ++row) {
        const std::string_view cell = cells(column)[row];
        const std::optional<double> number = to_number<double>(cell);
        if (!number)
            faults.add(where(row, column),
                       fmt::format("column {}: expected a number, found '{}'", name(column), cell));
        numbers.push_back(number.value_or(0.0));
    }
    faults.throw_if_any();
    return numbers;
}

std::string Table::where(std::size_t row, std::size_t column) const {
    const Part& part = parts_[columns_[column].part];
    return place(part.path, part.lines[row]);
}

}  // namespace parnas::evaluators
