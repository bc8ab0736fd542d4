// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "spaces/param.h"

namespace parnas::search {

// The parameter that decides what is searched at all, such as the kind of model: an unordered
// categorical that is always active and alone in waking others, which are most of the rest, if
// there is just one such.
std::optional<spaces::ParamIndex> find_fork(std::span<const spaces::Param> params);

// What came of one way.
struct Branch {
    std::size_t trials = 0;      // all, also pending and failed ones
    std::vector<double> values;  // minimised, of those that were measured, as told
};

// The best value that a way would have reached if the next `more` trials all took it and its best
// fell with each doubling of its trials as it did in the last one; -infinity while it has fewer
// than kFirst trials, +infinity if none of them was measured.
inline constexpr std::size_t kFirst = 4;
double forecast(const Branch& branch, std::size_t more);

// The way with the best forecast for as many trials again as there were: what is ahead now may
// have come to its end, and what is behind may have a longer way to go (after the rising bandits of
// Li, Jiang, Gao, Shao, Zhang and Cui, AAAI 2020). Of equal ones the least tried.
std::size_t choose_branch(std::span<const Branch> branches);

}  // namespace parnas::search
