// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace parnas::hw_models {

// How many standard deviations to either side of a mean hold a new measurement with probability
// `confidence`. `studentised`: of each sample, the residual of its own left-out prediction, by
// the standard deviation that it should have; `freedom`: how many of them are free to tell of the
// noise, as the model did not use them up.
//
// With many samples it is the conformal quantile, the ceil((n + 1) confidence)-th smallest of
// |studentised| (Papadopoulos, Vovk and Gammerman, JAIR 40, 2011), which is right whatever the
// noise is. With few that is a draw of one or two samples: so it is averaged, as a logarithm, with
// what was found on recorded tables of 54 targets, which counts as much as five free samples.
double interval_factor(const Eigen::VectorXd& studentised, double freedom, double confidence);

}  // namespace parnas::hw_models
