// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>

#include "hw_models/onboarding/probe_set.h"

namespace parnas::cli {

// Writes the probes from number `first` on as probe_NN.onnx, with random weights and in the batch
// of the set's target. Throws Error(unavailable) in a parnas without ONNX or if a file cannot be
// written, Error(invalid_input) for a network that ONNX has no words for.
void export_probes(const hw_models::ProbeSet& set,
                   std::size_t first,
                   const std::filesystem::path& folder);

}  // namespace parnas::cli
