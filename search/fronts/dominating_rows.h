// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/fronts/point_rows.h"

namespace parnas::search {

// Finds the rows that dominate a row as the intersection of sets of bits, one for each
// objective (as Moreno et al.'s merge sort does, IEEE TCYB 52(7), 2022). Of the rows that
// come first in the order of an objective only 256 sets are kept, evenly spaced, and the rest
// is added bit by bit: memory is linear in n.
class DominatingRows {
  public:
    // `rows`: distinct, in lexicographic order.
    explicit DominatingRows(PointRows rows);

    // The rows before `row` that dominate it, and itself, as bits: row i is bit i % 64 of word
    // i / 64. Valid until the next call.
    std::span<const std::uint64_t> find(std::size_t row);

  private:
    // The rows by one objective, ascending.
    struct Order {
        std::vector<std::uint32_t> rows;
        std::vector<std::uint32_t> ends;  // row -> how many rows are no larger
        std::vector<std::uint64_t> kept;  // the sets of the first 0, stride, 2 stride, ... rows
    };

    Order make_order(PointRows rows, std::size_t objective) const;

    std::size_t words_;  // of a set
    std::size_t stride_;
    std::vector<Order> orders_;  // of all objectives but the first, which the rows are sorted by
    std::vector<std::uint64_t> found_;
    std::vector<std::uint64_t> no_larger_;
};

}  // namespace parnas::search
