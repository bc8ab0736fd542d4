// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "hw_models/hardware_model.h"
#include "hw_models/measuring/runtime.h"

namespace parnas::hw_models {

// Runs networks on this machine and takes the time.
//
//     target: {model: measured, runtime: libtorch, threads: 1, batch: 1, dtype: fp32,
//              layout: nchw, seconds: 0.5, disturbed: refuse}
//
// A latency is the median of undisturbed runs (measuring/sampling.h, measuring/meter.h) and its
// interval that of the median; `seconds` bounds one try. It holds a Quiet, for each network
// anew: training on this machine waits meanwhile. The caller must not hold a Busy. Two
// measurements of one network differ. Threads take turns.
//
// `runtimes` has what a job may name as `runtime`; more may be added later. Those have further
// options.
HardwareModelFactory make_measured_factory(std::shared_ptr<const RuntimeRegistry> runtimes);

}  // namespace parnas::hw_models
