// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.h"
#include "core/scalar.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

// A conditional problem of mixed types, minimum 0, with two local optima at 0.15 and 0.3 in
// the wrong branches. `kind` in {cnn, mlp, tree}; `opt` adds adamw 0, adam .02, lamb .05,
// sgd .08.
//   cnn: depth integer, width, cnn_lr, dropout, and op_i (op_0, ...) for each i < depth in
//        {conv3, conv5, dw3, skip}; wanted are conv3 for even i and dw3 for odd, `miss` is
//        the number of others:
//        .02 (depth - 5)^2 + .05 log2(width / 96)^2 + .1 log10(cnn_lr / 3e-3)^2
//        + 2 (dropout - .2)^2 + .15 miss / depth
//   mlp: units, act {gelu 0, relu .03, tanh .1}, mlp_lr:
//        .15 + .03 log2(units / 256)^2 + act + .08 log10(mlp_lr / 1e-3)^2
//   tree: trees, leaf, eta:
//        .3 + .1 ((trees - 300) / 300)^2 + .1 ((leaf - 24) / 40)^2 + .1 log10(eta / .1)^2
double mixed_cond(const Assignment& values);

// Adds a fault for each parameter that is missing from `space` or of the wrong kind.
void check_mixed_cond(const spaces::SearchSpace& space, Faults& faults);

}  // namespace parnas::evaluators
