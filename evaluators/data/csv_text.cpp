// SPDX-License-Identifier: Apache-2.0
#include "evaluators/data/csv_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace parnas::evaluators {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

}  // namespace

CsvText::CsvText(std::string content) : content_(std::move(content)), rest_(content_) {
    if (rest_.starts_with("\xef\xbb\xbf"))  // byte order mark
        rest_.remove_prefix(3);
}

bool CsvText::next(CsvRow& row) {
    while (!rest_.empty()) {
        const std::size_t end = std::min(rest_.find('\n'), rest_.size());
        std::string_view line = trimmed(rest_.substr(0, end));
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        ++line_;
        if (line.empty())
            continue;
        row.line = line_;
        row.fields.clear();
        const bool ends_with_comma = line.ends_with(',');
        while (!line.empty())
            row.fields.push_back(take_field(line));
        if (ends_with_comma)
            row.fields.emplace_back();
        return true;
    }
    return false;
}

// One field from `rest`, which moves behind it and its comma.
std::string_view CsvText::take_field(std::string_view& rest) {
    if (trimmed(rest).starts_with('"'))
        return take_quoted(rest);
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view field = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return field;
}

std::string_view CsvText::take_quoted(std::string_view& rest) {
    std::string& field = unquoted_.emplace_back();
    rest.remove_prefix(rest.find('"') + 1);
    while (!rest.empty()) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c != '"') {
            field += c;
        } else if (rest.starts_with('"')) {
            field += '"';
            rest.remove_prefix(1);
        } else {
            break;
        }
    }
    const std::size_t end = std::min(rest.find(','), rest.size());
    field += trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return field;
}

bool is_missing(std::string_view field) {
    constexpr std::array<std::string_view, 5> kWords{"?", "na", "n/a", "nan", "null"};
    const auto equal = [field](std::string_view word) {
        return std::ranges::equal(word, field, {}, {}, [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
    };
    return field.empty() || std::ranges::any_of(kWords, equal);
}

}  // namespace parnas::evaluators
