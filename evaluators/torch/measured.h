// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "hw_models/hardware_model.h"

namespace parnas::evaluators {

// Runs a network on this machine, eagerly and with random weights, and takes the time.
//
//     target: {type: measured, threads: 1, batch: 1, seconds: 0.5}
//
// After a warm-up it repeats until the 90 % interval of the median (from order statistics,
// so no distribution is assumed) is narrower than 2 % of it, or `seconds` are over. It
// holds a Quiet, for each network anew: training on this machine waits meanwhile. The
// caller must not hold a Busy. Two measurements of one network differ.
std::unique_ptr<hw_models::HardwareModel> make_measured_model(ObjectReader& options,
                                                              const std::filesystem::path& base);

}  // namespace parnas::evaluators
