// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "core/units.h"
#include "hw_models/measuring/meter.h"
#include "hw_models/measuring/runtime.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// The median time of a probe on this machine, which is quiet meanwhile (core/quiet_machine.h).
struct ProbeTiming {
    Milliseconds latency{0};
    bool disturbed = false;  // by others, and the meter marks that
};

// Throws Error(unavailable) when stopped, or where the machine is not quiet and the meter refuses
// that; Error(invalid_input) for a network that the runtime cannot run.
ProbeTiming time_probe(const spaces::Network& network,
                       const Runtime& runtime,
                       Meter& meter,
                       const SamplingOptions& sampling,
                       const std::stop_token& stop);

}  // namespace parnas::hw_models
