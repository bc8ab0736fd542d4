// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "evaluators/evaluator.h"

namespace parnas::evaluators {

// The user's own program: it reads a candidate as a JSON line and writes its result as JSON
// lines, one process per trial (docs/command.md).
//
//   command      [program, argument...]; the program by its path or found in PATH
//   metrics      what every result must have
//   timeout      of one trial, default 1h
//   environment  {NAME: text}, on top of that of parnas
//   files        what besides the command's own files decides a result
//
// Works in `base`, where relative paths start. The content of `files` and of those arguments
// that are files is part of the fingerprint.
std::unique_ptr<Evaluator> make_command_evaluator(ObjectReader& options,
                                                  const std::filesystem::path& base);

}  // namespace parnas::evaluators
