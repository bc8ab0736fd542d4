// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "hw_models/table/kernel_case.h"
#include "hw_models/table/kernel_timer.h"

namespace parnas::hw_models {

// Finds out what a runtime fuses, by nn-Meter's rule (Zhang et al., MobiSys 2021): a and b are one
// kernel if
//
//     T(a) + T(b) - T(ab) > 0.5 min(T(a), T(b)),
//
// on 64 channels of 28 x 28, for the pairs that FusionRules has; and whether it runs what only
// computes with zeros. Each is asked three times, and the majority counts.
FusionRules find_fusion(KernelTimer& timer, const std::stop_token& stop);

}  // namespace parnas::hw_models
