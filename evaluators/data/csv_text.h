// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace parnas::evaluators {

struct CsvRow {
    std::size_t line = 0;  // from 1
    std::vector<std::string_view> fields;
};

// The rows of a comma-separated text, without blank lines. Fields have no space around them;
// one in quotes may have commas and doubled quotes, but no line break. They are views that
// hold as long as this object.
class CsvText {
  public:
    explicit CsvText(std::string content);
    CsvText(const CsvText&) = delete;
    CsvText& operator=(const CsvText&) = delete;

    const std::string& content() const { return content_; }
    // Puts the next row into `row`, whose memory is used again; false at the end.
    bool next(CsvRow& row);

  private:
    std::string_view take_field(std::string_view& rest);
    std::string_view take_quoted(std::string_view& rest);

    std::string content_;
    std::string_view rest_;
    std::size_t line_ = 0;
    std::deque<std::string> unquoted_;
};

// The whole field as a number; a plus sign is allowed.
template <typename Number>
std::optional<Number> to_number(std::string_view field) {
    if (field.starts_with('+'))
        field.remove_prefix(1);
    Number number{};
    const char* end = field.data() + field.size();
    const auto [stop, error] = std::from_chars(field.data(), end, number);
    if (error != std::errc() || stop != end)
        return std::nullopt;
    return number;
}

// True for an empty field, ?, NA, N/A, NaN and null.
bool is_missing(std::string_view field);

}  // namespace parnas::evaluators
