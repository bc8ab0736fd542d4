// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace parnas::search {

// What came of a branch so far.
struct Branch {
    std::size_t trials = 0;      // all, also pending and failed ones
    std::vector<double> lowest;  // values, minimised, ascending; at most kLowest

    static constexpr std::size_t kLowest = 32;

    void add_value(double value);  // finite
};

// No branch is judged by fewer trials.
inline constexpr std::size_t kFirst = 4;

// By how much each branch is expected to beat the best value of all if as many trials again as
// there were in all went to it.
//
// A doubling of its trials is taken to be worth what the last one was, that is, by how much the
// best of all its values is lower than the best of a random half of them. What comes then is
// exponentially distributed about that, m, so that a branch whose best is a gap behind gains
// m exp(-gap / m): one that is ahead may have come to its end, and one that is behind may have a
// longer way to go, as with the rising bandits of Li, Jiang, Gao, Shao, Zhang and Cui (AAAI 2020).
//
// +infinity with fewer than kFirst trials, then 0 if none of them has a value.
std::vector<double> expected_gains(std::span<const Branch> branches);

}  // namespace parnas::search
