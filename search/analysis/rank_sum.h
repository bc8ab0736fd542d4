// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace parnas::search {

// The rank-sum test of Wilcoxon, Mann and Whitney, one-sided: the probability that the values of
// `a`, among all of both, have ranks (equal values sharing their mean rank) whose sum is at least
// what it is, if every way to divide the values into two samples of these sizes had the same
// chance. Small: `a` tends to be larger. 1 if either is empty.
//
// Up to 50 values exactly, over all ways; beyond by the normal approximation with the exact
// variance, which is that of the tie correction, and without a continuity correction. Throws
// Error(internal) for NaN.
double rank_sum_p(std::span<const double> a, std::span<const double> b);

}  // namespace parnas::search
