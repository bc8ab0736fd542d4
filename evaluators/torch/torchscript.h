// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/export/exporter.h"

namespace parnas::evaluators {

// Writes a trained network as TorchScript for inference: torch.jit.load reads it in Python
// and C++, without parnas. Inputs have a leading batch dimension; several outputs are a
// tuple. If the weights come with a scaling of the data, it is part of the module (buffers
// input_mean and input_deviation): the first input is then given as it stands in the user's
// file. What was written is loaded back and compared on a random batch of two:
// Error(internal) and no file if outputs differ by more than 1e-4 (1 + the largest
// |output|).
//
// Extra files in the archive:
//     parnas.json        the description
//     parnas_check.json  that batch, so that any reader can verify that it computes the same:
//                        {"inputs": [{"shape": [...], "values": [...]}, ...], "outputs": [...]},
//                        values row-major; left out if it had more than 100,000 numbers
std::unique_ptr<search::Exporter> make_torchscript_exporter();

}  // namespace parnas::evaluators
