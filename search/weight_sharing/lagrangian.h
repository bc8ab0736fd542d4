// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::search {

// Holds h <= 0 in a minimisation without a weight that somebody would have to tune: the augmented
// Lagrangian of an inequality (Nocedal and Wright, "Numerical Optimization", 2006, chapter 17).
// The loss gets
//
//     (max(0, lambda + rho h)^2 - lambda^2) / (2 rho)
//
// and lambda follows once in an epoch. For a cost that is to stay at its target or below,
// h = log(cost / target).
struct Multiplier {
    double lambda = 0.0;  // >= 0
    double rho = 1.0;     // > 0
};

double penalty(const Multiplier& multiplier, double h);
// Its derivative by h: max(0, lambda + rho h).
double penalty_slope(const Multiplier& multiplier, double h);
// After an epoch that ended with h, the one before with `h_before`: lambda becomes
// max(0, lambda + rho h), and rho doubles (up to 100) while h > 0 falls by less than a tenth.
Multiplier updated(const Multiplier& multiplier, double h, double h_before);

}  // namespace parnas::search
