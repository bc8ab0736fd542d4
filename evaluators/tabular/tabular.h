// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "evaluators/evaluator.h"

namespace parnas::evaluators {

// Looks candidates up in a recorded table (docs/job-file.md, "I have a recorded table"). A
// candidate without a row is Failure(infeasible), one whose metric is not finite
// Failure(diverged). A fidelity is answered with the nearest one at or below that is
// recorded, or with the lowest; the Measurement says which. Where the fidelities are the steps of
// one training, weights say how far it came, and a trial that starts from them costs the rest.
// Test metrics are for finalists.
// A file that is not what it should be throws Error(not_found) or Error(invalid_input) with
// file and line.
std::unique_ptr<Evaluator> make_tabular_evaluator(ObjectReader& options,
                                                  const std::filesystem::path& base);

}  // namespace parnas::evaluators
