// SPDX-License-Identifier: Apache-2.0
#include "cli/text/tables.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/text/numbers.h"

namespace parnas::cli {
namespace {

// Characters on the screen, for text without wide or combining ones.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_number(const Scalar& cell) {
    return std::holds_alternative<std::int64_t>(cell) || std::holds_alternative<double>(cell);
}

struct ColumnText {
    std::vector<std::string> cells;  // the title first
    std::size_t width = 0;
    bool right = false;
};

ColumnText lay_out(const Table& table, std::size_t column) {
    ColumnText text;
    text.cells.push_back(printable(table.columns[column].title));
    for (const auto& row : table.rows) {
        text.cells.push_back(printable(short_text(row[column])));
        text.right = text.right || is_number(row[column]);
    }
    for (const std::string& cell : text.cells)
        text.width = std::max(text.width, width_of(cell));
    return text;
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string csv_cell(const Scalar& cell) {
    return std::holds_alternative<std::monostate>(cell) ? "" : csv_field(parnas::to_string(cell));
}

}  // namespace

std::string printable(std::string_view text) {
    std::string clean;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            clean += fmt::format("\\x{:02x}", byte);
        else
            clean += c;
    }
    return clean;
}

Scalar text_or_nothing(std::string text) {
    return text.empty() ? Scalar() : Scalar(std::move(text));
}

std::string shortened(std::string text) {
    constexpr std::size_t kLongest = 60;
    if (text.size() <= kLongest)
        return text;
    std::size_t end = kLongest - 3;
    while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;  // not within a UTF-8 character
    return text.substr(0, end) + "...";
}

std::string to_text(const Table& table) {
    std::vector<ColumnText> columns;
    for (std::size_t column = 0; column < table.columns.size(); ++column)
        columns.push_back(lay_out(table, column));
    std::string text;
    for (std::size_t row = 0; row <= table.rows.size(); ++row) {
        std::string line;
        for (const ColumnText& column : columns) {
            const std::string& cell = column.cells[row];
            const std::string fill(column.width - width_of(cell), ' ');
            line += line.empty() ? "" : "  ";
            line += column.right ? fill + cell : cell + fill;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

std::string to_record(const Table& table) {
    std::string text;
    for (const auto& row : table.rows) {
        Table turned{.columns = {{}, {}}, .rows = {}};
        for (std::size_t column = 0; column < row.size(); ++column)
            turned.rows.push_back({table.columns[column].title, short_text(row[column])});
        const std::string lines = to_text(turned);
        text += (text.empty() ? "" : "\n") + lines.substr(lines.find('\n') + 1);
    }
    return text;
}

std::string to_csv(const Table& table) {
    std::string text;
    for (std::size_t column = 0; column < table.columns.size(); ++column)
        text += (column == 0 ? "" : ",") + csv_field(table.columns[column].key);
    text += "\r\n";
    for (const auto& row : table.rows) {
        for (std::size_t column = 0; column < row.size(); ++column)
            text += (column == 0 ? "" : ",") + csv_cell(row[column]);
        text += "\r\n";
    }
    return text;
}

Json to_json(const Table& table) {
    Json rows = Json::array();
    for (const auto& row : table.rows) {
        Json object = Json::object();
        for (std::size_t column = 0; column < row.size(); ++column)
            object[table.columns[column].key] = parnas::to_json(row[column]);
        rows.push_back(std::move(object));
    }
    return rows;
}

}  // namespace parnas::cli
