// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <Eigen/Core>

namespace parnas::search {

// The value at a point; writes the gradient, which has its size. A value that is not finite is
// stepped back from.
using SmoothFunction = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

struct LbfgsOptions {
    int iterations = 100;  // at most
    int memory = 10;       // steps that the curvature is estimated from
    // Ends when no coordinate that may move has a larger slope.
    double gradient_tolerance = 1e-5;
    // Ends when a step improves the value by less than this share of it (or of 1).
    double value_tolerance = 1e-10;
    // Both or none: a box that the point stays in.
    Eigen::VectorXd lower;
    Eigen::VectorXd upper;
};

struct Minimum {
    Eigen::VectorXd x;
    double value = 0.0;  // that at the start if nothing better was found
    int evaluations = 0;
};

// A local minimum by limited-memory BFGS (Nocedal, Math. Comp. 35, 1980; two-loop recursion) with
// backtracking by interpolation. In a box, coordinates at an end that slope outwards are held and
// steps are projected onto it (after Bertsekas, SIAM J. Control Optim. 20(2), 1982).
Minimum minimise(const SmoothFunction& function,
                 Eigen::VectorXd start,
                 const LbfgsOptions& options);

}  // namespace parnas::search
