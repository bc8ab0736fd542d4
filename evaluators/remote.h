// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "evaluators/evaluator.h"

namespace parnas::evaluators {

// Stands for an evaluator that only the workers of a server have, each its own: a training script,
// a program, a device. All that is known of it is what it measures.
//
//   metrics  names that every result has
//   name     tells results of one such evaluator from those of another; default ""
//
// Nothing is evaluated in this process: evaluate() throws Error(unavailable) with what to do.
std::unique_ptr<Evaluator> make_remote_evaluator(ObjectReader& options,
                                                 const std::filesystem::path& base);

}  // namespace parnas::evaluators
