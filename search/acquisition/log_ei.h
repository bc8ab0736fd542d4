// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::search {

// A function of what is predicted, with its derivatives.
struct Acquired {
    double value = 0.0;
    double by_mean = 0.0;
    double by_stddev = 0.0;
};

// The logarithm of the expected improvement on `best` of a normal value that is to be minimised
// (Ament et al., NeurIPS 2023): finite, with useful derivatives, however hopeless the prediction.
//
//     log E[max(best - y, 0)],   y ~ N(mean, stddev^2), stddev > 0
Acquired log_expected_improvement(double best, double mean, double stddev);

// log P(y <= limit), y as above; to the same precision.
Acquired log_probability_below(double limit, double mean, double stddev);

}  // namespace parnas::search
