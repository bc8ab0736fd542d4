// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "spaces/onnx/engine.h"

namespace parnas::evaluators {

// ONNX Runtime (onnxruntime.ai), which Debian 12 does not have: libonnxruntime.so.1 of any release
// from 1.12 on, such as the one inside npm's onnxruntime-node, opened at run time. Found by
// $PARNAS_ONNXRUNTIME.
std::filesystem::path onnxruntime_path();

// Throws Error(not_found) if the variable names no file, Error(unavailable) if the library does not
// load. It is opened once and stays open.
std::shared_ptr<const spaces::onnx::Engine> make_onnxruntime_engine();

}  // namespace parnas::evaluators
