// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "core/units.h"
#include "hw_models/hardware_model.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// A network that was run on the target.
struct Measured {
    const spaces::Network* network = nullptr;
    Milliseconds latency{0};  // > 0; the median
};

// An optional ability of a hardware model, asked for by dynamic_cast: to learn from measurements.
class Learns {
  public:
    virtual ~Learns() = default;
    // A model of the same target that knows these measurements besides. Throws
    // Error(invalid_input) for a network that is not valid or a latency that is none.
    virtual std::unique_ptr<HardwareModel> refitted(std::span<const Measured> added) const = 0;
};

}  // namespace parnas::hw_models
