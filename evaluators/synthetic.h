// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "evaluators/evaluator.h"

namespace parnas::evaluators {

// Test functions with known optima, free to evaluate, for trying samplers and services.
//
//   function    sphere, rosenbrock, ackley, rastrigin, levy, branin, hartmann6, zdt1, zdt2,
//               zdt3, zdt4, zdt6, dtlz2, mixed_cond, noop (always 0, on any space)
//   objectives  of dtlz2, from 2 to 16; default 2
//   noise       standard deviation of normal noise, drawn from the candidate's seed
//   delay_ms    how long an evaluation takes, also its cost: stands in for a slow program
//
// The arguments are the space's integer and real parameters in their order, over the ranges
// that the space gives them; mixed_cond takes its own by name. Metrics are `value`, or f1,
// f2, ... with several objectives; all are to be minimised. A value that is not finite
// (outside of the function's domain) is Failure(diverged).
std::unique_ptr<Evaluator> make_synthetic_evaluator(ObjectReader& options,
                                                    const std::filesystem::path& base);

}  // namespace parnas::evaluators
