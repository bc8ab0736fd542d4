// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/object_reader.h"
#include "hw_models/hardware_model.h"

namespace parnas::hw_models {

// What a model leaves open of an estimate, from the figures of its target: memory, energy
// unless it was measured, throughput and price. Throws Error(invalid_input) that says so if
// the network does not fit the target's memory.
Estimate complete(Estimate estimate, const spaces::Network& network, const Target& target);

// `model` with complete estimates, so that all hardware models give the same. Figures that the
// job's `target` has of its own (docs/targets.md) replace those of the model's target. What
// learns (hw_models/learns.h) still does.
std::unique_ptr<HardwareModel> with_costs(std::unique_ptr<HardwareModel> model,
                                          ObjectReader& options);

}  // namespace parnas::hw_models
