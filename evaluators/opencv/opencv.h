// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "spaces/onnx/engine.h"

namespace parnas::evaluators {

// OpenCV's inference (opencv_dnn), on its CPU backend. It has real values only: integers are given
// to it as such, exact below 2^24. What it cannot run: docs/onnx.md.
//
// OpenCV has one pool of threads for the process: a session's run() sets their number.
std::shared_ptr<const spaces::onnx::Engine> make_opencv_engine();

}  // namespace parnas::evaluators
