// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>

#include "hw_models/measuring/canary.h"
#include "hw_models/measuring/instruments.h"
#include "hw_models/measuring/runtime.h"
#include "hw_models/measuring/time_sample.h"

namespace parnas::hw_models {

struct SamplingOptions {
    Seconds budget{3.0};       // warm-up and calm samples; at least three are taken
    double narrow = 0.02;      // half the width of the median's 95 % interval, relative to it
    Seconds shortest{200e-6};  // of a sample: what is faster is repeated within it
    std::size_t fewest = 10;   // calm samples before the interval is looked at
    std::size_t most = 300;    // calm samples
    // A run is work of the calling thread alone: while its core is not calm it looks for another.
    bool one_thread = false;
};

struct Timing {
    Seconds cold{0};            // the very first run
    TimeSample times;           // of one run each
    std::size_t repeats = 1;    // runs in a sample
    std::size_t discarded = 0;  // samples that are not among `times`
    double interrupted = 0.0;   // share of samples during which somebody else ran on the core
    double pace = 1.0;          // median time of the looks at the canary, relative to its baseline
    bool disturbed = false;
};

// Times one inference: a first run apart; a warm-up until the median of five runs changes by
// less than 2 % (10 to 50 runs or one second, at most a third of the budget); then samples until
// the median's interval is narrow. After every few milliseconds the canary is looked at: a sample
// counts if it was calm before and after it and neither the kernel nor the host interrupted the
// process meanwhile. One thread changes its core while it is not calm: strangers on the other
// thread of one core do not slow the next. Where too few are so within the canary's patience, the
// timing is disturbed and `times` are the fifth of the samples between its quickest looks.
//
// `copies`: the same network, run in turn, so that one finds the weights as cold as in a network
// that does not fit the caches; one is enough for a whole network. Throws Error(unavailable)
// when stopped.
Timing sample_times(std::span<const std::unique_ptr<Runner>> copies,
                    const SamplingOptions& options,
                    Instruments& instruments,
                    Canary& canary,
                    const std::stop_token& stop);

}  // namespace parnas::hw_models
