// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/dominating_rows.h"

#include <algorithm>
#include <numeric>

namespace parnas::search {
namespace {

constexpr std::size_t kWordBits = 64;
constexpr std::size_t kKeptSets = 256;

void add(std::span<std::uint64_t> set, std::size_t row) {
    set[row / kWordBits] |= std::uint64_t{1} << row % kWordBits;
}

}  // namespace

DominatingRows::DominatingRows(PointRows rows)
    : words_(rows.size() / kWordBits + 1),
      stride_(rows.size() / kKeptSets + 1),
      found_(words_),
      no_larger_(words_) {
    for (std::size_t objective = 1; objective < rows.objectives; ++objective)
        orders_.push_back(make_order(rows, objective));
}

DominatingRows::Order DominatingRows::make_order(PointRows rows, std::size_t objective) const {
    const auto value = [&](std::uint32_t row) { return rows[row][objective]; };
    Order order;
    order.rows.resize(rows.size());
    std::iota(order.rows.begin(), order.rows.end(), 0U);
    std::ranges::sort(order.rows, {}, value);
    order.ends.resize(rows.size());
    for (std::size_t i = rows.size(), end = i; i-- > 0;) {
        if (i + 1 < rows.size() && value(order.rows[i]) < value(order.rows[i + 1]))
            end = i + 1;
        order.ends[order.rows[i]] = static_cast<std::uint32_t>(end);
    }
    std::vector<std::uint64_t> set(words_);
    for (std::size_t i = 0; i <= rows.size(); ++i) {
        if (i % stride_ == 0)
            order.kept.insert(order.kept.end(), set.begin(), set.end());
        if (i < rows.size())
            add(set, order.rows[i]);
    }
    return order;
}

std::span<const std::uint64_t> DominatingRows::find(std::size_t row) {
    // Rows after it do not dominate it: their words are left out, their bits may stay.
    const std::size_t words = row / kWordBits + 1;
    std::fill_n(found_.begin(), words, ~std::uint64_t{0});
    for (const Order& order : orders_) {
        const std::size_t end = order.ends[row];
        const std::size_t kept = end / stride_;
        std::copy_n(&order.kept[kept * words_], words, no_larger_.begin());
        for (std::size_t i = kept * stride_; i < end; ++i)
            if (order.rows[i] <= row)
                add(no_larger_, order.rows[i]);
        for (std::size_t i = 0; i < words; ++i)
            found_[i] &= no_larger_[i];
    }
    found_[words - 1] &= ~std::uint64_t{0} >> (kWordBits - 1 - row % kWordBits);
    return std::span(found_).first(words);
}

}  // namespace parnas::search
