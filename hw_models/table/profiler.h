// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "hw_models/measuring/meter.h"
#include "hw_models/measuring/runtime.h"
#include "hw_models/table/kernel_timer.h"
#include "hw_models/table/operator_table.h"
#include "spaces/search_space.h"

namespace parnas::hw_models {

struct ProfilerOptions {
    std::size_t samples = 200;  // networks drawn to collect kernels from, beside covering ones
    std::size_t kernels = 500;  // at most; the most frequent ones are taken
    int passes = 3;
    std::size_t block = 20;     // kernels after which a call is timed anew
    std::size_t networks = 24;  // measured whole, to see how kernels add up
    std::uint64_t seed = 0;
    KernelTimer::Options kernel;
    SamplingOptions network{.budget = Seconds{1.0}};  // of whole networks, in each pass
    std::string tool;                                 // "parnas 0.1.0"
    std::string date;                                 // YYYY-MM-DD
};

// Called with a step's name and how much of all work is done, in [0, 1].
using ProfilerProgress = std::function<void(std::string_view step, double done)>;

// Makes the operator table of a space's kernels on a runtime: what the runtime fuses; each kernel
// as a small network, in a random order, in several passes that follow each other, of whose
// medians the median is taken, so that a drift of the machine hits all alike; pairs of kernels
// that differ in output channels alone and where more take less than 95 % of the time of fewer
// are measured again; then whole networks, in passes too. Throws Error(unavailable) when stopped or
// disturbed, Error(invalid_input) for a space without networks.
OperatorTable profile_space(const spaces::SearchSpace& space,
                            const Runtime& runtime,
                            Meter& meter,
                            const ProfilerOptions& options,
                            const ProfilerProgress& progress,
                            const std::stop_token& stop);

}  // namespace parnas::hw_models
