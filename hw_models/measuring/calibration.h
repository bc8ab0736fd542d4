// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>

#include "core/json.h"
#include "hw_models/measuring/meter.h"
#include "hw_models/measuring/runtime.h"

namespace parnas::hw_models {

// A rate or time, and how much it varied from run to run.
struct Spread {
    double p10 = 0.0;
    double median = 0.0;
    double p90 = 0.0;

    double relative() const { return (p90 - p10) / median; }
};

struct CalibrationOptions {
    SamplingOptions sampling{.budget = Seconds{2.0}, .narrow = 0.01};
    double most_spread = 0.15;  // of any figure, relative to its median
    std::string tool;           // "parnas 0.1.0"
    std::string date;           // YYYY-MM-DD
};

// What this machine does in a runtime's setting.
struct Calibration {
    Target target;
    Spread peak_gflops;  // a linear layer of 1024 x 1024 on 1024 vectors
    // Triads a = b + s c (McCalpin's STREAM), on as many threads as the runtime has: over four
    // times the last cache (512 MiB at most), and over half of the second one.
    Spread memory_gb_per_s;
    Spread cache_gb_per_s;
    Spread kernel_overhead_us;  // of an op that has next to nothing to do
};

// Measures what a roofline needs. Throws Error(unavailable) if the machine is disturbed, or if a
// figure's spread is too large, which names it.
Calibration calibrate(const Runtime& runtime,
                      Meter& meter,
                      const CalibrationOptions& options,
                      const std::stop_token& stop);

// A target profile for `target: {model: roofline, profile: FILE}`. `name`: the document's.
Json to_profile(const Calibration& calibration,
                const std::string& name,
                const CalibrationOptions& options);

}  // namespace parnas::hw_models
