// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/lagrangian.h"

#include <algorithm>

namespace parnas::search {
namespace {

constexpr double kMaxRho = 100.0;
constexpr double kEnough = 0.9;  // of the violation may be left after an epoch

}  // namespace

double penalty(const Multiplier& multiplier, double h) {
    const double slope = penalty_slope(multiplier, h);
    return (slope * slope - multiplier.lambda * multiplier.lambda) / (2.0 * multiplier.rho);
}

double penalty_slope(const Multiplier& multiplier, double h) {
    return std::max(0.0, multiplier.lambda + multiplier.rho * h);
}

Multiplier updated(const Multiplier& multiplier, double h, double h_before) {
    const bool stalls = h > 0.0 && h > kEnough * h_before;
    return {.lambda = penalty_slope(multiplier, h),
            .rho = stalls ? std::min(2.0 * multiplier.rho, kMaxRho) : multiplier.rho};
}

}  // namespace parnas::search
