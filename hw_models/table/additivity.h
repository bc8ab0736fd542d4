// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "core/units.h"

namespace parnas::hw_models {

// What of a whole network the sum over its kernels is corrected by.
struct NetworkTerms {
    Seconds kernel_sum{0};
    int kernels = 0;
    int branches = 0;
};

// The time of a network as
//
//     t = call + scale * kernel_sum + per_kernel * kernels + per_branch * branches,
//
// no term below zero.
struct Additivity {
    Seconds call{0};
    double scale = 1.0;
    Seconds per_kernel{0};
    Seconds per_branch{0};
    int networks = 0;         // that it was fitted on
    double mean_error = 0.0;  // |relative error| of each of them, predicted from the others
    // 90 % of them are within exp(+-spread) of what the others predict; of few, all are.
    double spread = 0.0;

    Seconds predict(const NetworkTerms& terms) const;
    // Whether a network's time is the sum of its kernels' times at all.
    bool additive() const { return mean_error <= 0.1; }
};

struct MeasuredNetwork {
    NetworkTerms terms;
    Seconds time{0};
};

// Least squares of relative errors under Huber's loss, over all sets of terms that are not zero.
// At least 6 networks, of positive times.
Additivity fit_additivity(std::span<const MeasuredNetwork> networks);

}  // namespace parnas::hw_models
