// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parnas::evaluators {

// The different cells of a key column, numbered from 1. Numbers compare with a relative
// tolerance of 1e-9, texts by their characters.
class Levels {
  public:
    enum class Compare { as_text, as_numbers_if_all_are };
    static constexpr std::uint64_t kMissing = 0;                  // an empty cell
    static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};  // what no cell has

    Levels(const std::vector<std::string_view>& cells, Compare compare);

    bool are_numbers() const { return !numbers_.empty(); }
    std::uint64_t find(std::string_view text) const;
    std::uint64_t find(double number) const;
    // "0.01 and 0.05": those on both sides of `number`.
    std::string around(double number) const;

  private:
    struct Hash {
        using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };

    std::vector<double> numbers_;  // ascending
    std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>> texts_;
};

}  // namespace parnas::evaluators
