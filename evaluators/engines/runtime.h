// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "core/object_reader.h"
#include "hw_models/measuring/runtime.h"
#include "spaces/onnx/engine.h"

namespace parnas::evaluators {

// What runs networks as ONNX models in an engine, in 32-bit floats and with a fixed batch, as a
// user would who wants them fast. `name`: the runtime's in a job.
std::unique_ptr<hw_models::Runtime> make_engine_runtime(
    std::string name,
    std::shared_ptr<const spaces::onnx::Engine> engine,
    ObjectReader& options);

}  // namespace parnas::evaluators
