// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// JSON as Python's json module writes it, read in parts that keep their text: integers of any
// size, NaN and Infinity stay what they are. Everything here throws Error(invalid_input).
namespace parnas::optuna {

// The members of an object, in order; the values point into the text.
class RawObject {
  public:
    // Checks the whole text: it is JSON but for Python's words for numbers, and an object.
    explicit RawObject(std::string_view text);

    const std::vector<std::pair<std::string, std::string_view>>& members() const& {
        return members_;
    }
    // Nullptr if there is none, or if it is null.
    const std::string_view* find(std::string_view name) const;
    // Error if there is none.
    std::string_view need(std::string_view name) const;

    std::string text(std::string_view name) const;
    std::int64_t integer(std::string_view name) const;
    double number(std::string_view name) const;

  private:
    std::vector<std::pair<std::string, std::string_view>> members_;
};

// The elements of an array.
std::vector<std::string_view> raw_elements(std::string_view text);

std::string raw_text(std::string_view value);
std::int64_t raw_integer(std::string_view value);
double raw_number(std::string_view value);

// The same value with the spaces that json.dumps puts between its parts: ", " and ": ".
std::string with_python_spaces(std::string_view value);

// As repr() and json.dumps write a float: "1.0", "1e-05", "NaN", "-Infinity".
std::string python_number(double number);
// As json.dumps writes a text, in ASCII.
std::string python_text(std::string_view text);

}  // namespace parnas::optuna
