// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/export/exporter.h"

namespace parnas::evaluators {

// Writes a trained network, or one with random weights, as an ONNX model (spaces/onnx/onnx.h). If
// the weights come with a scaling of the data, it is the model's first step. Each engine of the
// request runs what was written on a random batch, and its outputs are compared with LibTorch's:
// Error(internal) and no file if they differ by more than 1e-4 (1 + the largest |output|). An
// engine that cannot run the model is no error.
//
// Metadata of the file:
//     parnas        the description
//     parnas_check  what the engines made of it (spaces/onnx/verify.h)
std::unique_ptr<search::Exporter> make_onnx_exporter();

}  // namespace parnas::evaluators
