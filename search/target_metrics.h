// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "core/trial.h"
#include "hw_models/hardware_model.h"
#include "search/goals.h"

namespace parnas::search {

// What only a target tells of a network. `peak_memory_bytes` is not among them: it is counted
// where there is no target.
inline constexpr std::array<std::string_view, 11> kTargetMetrics{"latency_ms",
                                                                 "latency_low_ms",
                                                                 "latency_high_ms",
                                                                 kLatencyUpper,
                                                                 "latency_p95_ms",
                                                                 "cold_start_ms",
                                                                 "energy_mj",
                                                                 "model_bytes",
                                                                 "peak_activation_bytes",
                                                                 "throughput_per_s",
                                                                 "cost_per_million"};

// Sets what the estimate tells; all but kLatencyUpper, which takes a confidence.
void add_metrics(const hw_models::Estimate& estimate, Metrics& metrics);

}  // namespace parnas::search
