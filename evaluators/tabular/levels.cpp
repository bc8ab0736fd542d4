// SPDX-License-Identifier: Apache-2.0
#include "evaluators/tabular/levels.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evaluators/data/csv_text.h"

namespace parnas::evaluators {
namespace {

bool are_equal(double a, double b) {
    constexpr double kTolerance = 1e-9;
    return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b));
}

}  // namespace

Levels::Levels(const std::vector<std::string_view>& cells, Compare compare) {
    if (compare == Compare::as_numbers_if_all_are) {
        for (const std::string_view cell : cells) {
            if (is_missing(cell))
                continue;
            const auto number = to_number<double>(cell);
            if (!number || std::isnan(*number)) {
                numbers_.clear();
                break;
            }
            numbers_.push_back(*number);
        }
        std::ranges::sort(numbers_);
        numbers_.erase(std::unique(numbers_.begin(), numbers_.end(), are_equal), numbers_.end());
    }
    if (are_numbers())
        return;
    for (const std::string_view cell : cells)
        if (!cell.empty())
            texts_.emplace(cell, texts_.size() + 1);
}

std::uint64_t Levels::find(std::string_view text) const {
    if (are_numbers()) {
        if (is_missing(text))
            return kMissing;
        const auto number = to_number<double>(text);
        return number ? find(*number) : kUnknown;
    }
    if (text.empty())
        return kMissing;
    const auto found = texts_.find(text);
    return found == texts_.end() ? kUnknown : found->second;
}

std::uint64_t Levels::find(double number) const {
    const auto above = std::ranges::lower_bound(numbers_, number);
    if (above != numbers_.end() && are_equal(*above, number))
        return static_cast<std::uint64_t>(above - numbers_.begin()) + 1;
    if (above != numbers_.begin() && are_equal(*(above - 1), number))
        return static_cast<std::uint64_t>(above - numbers_.begin());
    return kUnknown;
}

std::string Levels::around(double number) const {
    const auto above = std::ranges::lower_bound(numbers_, number);
    if (above == numbers_.begin())
        return fmt::format("{}", *above);
    if (above == numbers_.end())
        return fmt::format("{}", *(above - 1));
    return fmt::format("{} and {}", *(above - 1), *above);
}

}  // namespace parnas::evaluators
