// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/document.h"
#include "hw_models/target_card.h"

namespace parnas::hw_models {

// What the roofline needs to know of a target: a document of kind `profile`.
struct RooflineProfile {
    TargetCard card;
    double peak_gflops = 0.0;  // all threads; a multiply-add counts as two
    double memory_gb_per_s = 0.0;
    double kernel_overhead_us = 0.0;
    double uncertainty = 0.5;  // standard deviation of the logarithm of a latency
};

// `calibration`, which measured profiles have, is checked and not used. Throws Error(invalid_input)
// with all faults, each with its line.
RooflineProfile read_profile(const Document& document);

}  // namespace parnas::hw_models
