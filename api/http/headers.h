// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parnas::http {

// ASCII only, as field names and tokens are.
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string lower_case(std::string_view text);

// A name with its text: a header line, a parameter of a path, one of a query.
struct Field {
    std::string name;
    std::string value;

    bool operator==(const Field&) const = default;
};

// The first field of that name, case matters; null if there is none.
const std::string* find_field(const std::vector<Field>& fields, std::string_view name);

// Header lines in their order. Names are compared without case.
class Headers {
  public:
    Headers() = default;
    Headers(std::initializer_list<Field> lines) : lines_(lines) {}

    void add(std::string name, std::string value);
    // In the place of all lines of that name.
    void set(std::string name, std::string value);
    // The first of that name; null if there is none.
    const std::string* find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    // Whether a line of that name has the token in its comma-separated list, as "Connection: close"
    // has.
    bool has_token(std::string_view name, std::string_view token) const;

    const std::vector<Field>& lines() const { return lines_; }

  private:
    std::vector<Field> lines_;
};

}  // namespace parnas::http
