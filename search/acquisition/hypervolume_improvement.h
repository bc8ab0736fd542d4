// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "search/acquisition/box_decomposition.h"

namespace parnas::search {

// The logarithm of an expected improvement, with its derivatives.
struct LogImprovement {
    double value = 0.0;  // minus infinity where there is no chance of any; derivatives are 0
    std::vector<double> by_mean;    // as the means
    std::vector<double> by_stddev;  // one per objective
};

// Expected hypervolume improvement of a candidate whose objectives are independent and normal
// (Emmerich, Giannakoglou and Naujoks, IEEE TEC 10(4), 2006), as a logarithm, which tells
// candidates apart where the improvement is less than any double (Ament et al., NeurIPS 2023).
//
// Exact for any number of objectives: what no point dominates of the region in which gains count
// is a sum of boxes, and for independent objectives what is expected of a box is a product,
//
//     EHVI = sum over boxes of prod over j of psi_j(high_j) - psi_j(low_j),
//     psi_j(a) = E[max(0, a - Y_j)].
//
// An objective with standard deviation 0 is known exactly.
//
// The front itself may be uncertain, since measurements are noisy or not yet there: there may
// be several draws of it, for each of which the candidate has a mean of its own, and the result
// is the average (Daulton, Balandat and Bakshy, NeurIPS 2021).
//
// Const and thread-safe once built.
class ExpectedHypervolumeImprovement {
  public:
    // `fronts`: one per draw, at least one; all that is to be improved on, dominated points or
    // not. Throws Error(internal) for a NaN, or sizes that do not match.
    ExpectedHypervolumeImprovement(std::span<const PointRows> fronts, const Region& region);

    // `mean`: one row of objectives per draw; `stddev`: one value per objective, >= 0.
    LogImprovement log_improvement(std::span<const double> mean,
                                   std::span<const double> stddev) const;
    // Without derivatives.
    double log_value(std::span<const double> mean, std::span<const double> stddev) const;

  private:
    std::vector<BoxDecomposition> fronts_;
};

}  // namespace parnas::search
