// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "evaluators/evaluator.h"

namespace parnas::evaluators {

// Scores a candidate's untrained network.
//
//     evaluator:
//       type: zero_cost
//       data: random                   or as the training evaluator's, with split, normalize
//                                      and device
//       proxies: [synflow, ...]        all if left out
//       batch: 64
//       repeats: 1                     drawings of weights and samples that scores are means over
//       seed: 0                        of these drawings, the same for every candidate
//
// Metrics: one for each proxy (zero_cost/scores.h), more is better. Runs scoring phases too.
// Const and thread-safe.
//
// Throws what read_data_set throws; null after faults.
std::unique_ptr<Evaluator> make_zero_cost_evaluator(ObjectReader& options,
                                                    const std::filesystem::path& base);

}  // namespace parnas::evaluators
