// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/export/exporter.h"

namespace parnas::evaluators {

// Writes a trained network as TorchScript for inference: torch.jit.load reads it in Python
// and C++, without parnas. Inputs have a leading batch dimension; several outputs are a
// tuple. The description is kept in the file as the extra file "parnas.json". What was
// written is loaded back and compared on a random batch of two: Error(internal) and no
// file if outputs differ by more than 1e-4 (1 + the largest |output|).
std::unique_ptr<search::Exporter> make_torchscript_exporter();

}  // namespace parnas::evaluators
