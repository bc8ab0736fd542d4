// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace parnas::search {

// Wilcoxon's signed-rank test, one-sided: the probability that the ranks of the positive
// differences (by size, equal sizes sharing their mean rank) sum up to at least what they do, if
// each difference had either sign with equal chance. Small: the differences are above zero.
// Zeros have ranks but no sign, as in Pratt, "Remarks on Zeros and Ties in the Wilcoxon Signed
// Rank Procedures", JASA 54(287), 1959; 1 if there is nothing else.
//
// Up to 50 differences other than zero exactly, over all their signs; beyond by the normal
// approximation with the exact variance, which is that of the tie correction, and without a
// continuity correction. Throws Error(internal) for NaN.
double signed_rank_p(std::span<const double> differences);

}  // namespace parnas::search
