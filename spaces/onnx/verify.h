// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "spaces/onnx/engine.h"

namespace parnas::spaces::onnx {

// What a network gives for some inputs, computed elsewhere.
struct KnownAnswer {
    std::vector<Tensor> inputs;
    std::vector<Tensor> outputs;
};

// Largest |difference| that is allowed: of 1 + the largest |output|.
inline constexpr double kVerifyTolerance = 1e-4;

// Runs the model on one thread. Throws Error(internal) if an output has another shape, or differs
// by more than is allowed; a NaN does where none is expected.
Verdict verify(const Engine& engine, const OnnxModel& model, const KnownAnswer& known);

// The verdicts as JSON text: [{"engine": ..., "largest_difference": ...} or {..., "problem": ...}].
std::string to_text(std::span<const Verdict> verdicts);

}  // namespace parnas::spaces::onnx
