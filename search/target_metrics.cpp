// SPDX-License-Identifier: Apache-2.0
#include "search/target_metrics.h"

namespace parnas::search {

void add_metrics(const hw_models::Estimate& estimate, Metrics& metrics) {
    metrics["latency_ms"] = estimate.latency.count();
    metrics["latency_low_ms"] = estimate.low.count();
    metrics["latency_high_ms"] = estimate.high.count();
    metrics["peak_memory_bytes"] = static_cast<double>(estimate.peak_memory.count());
    metrics["peak_activation_bytes"] = static_cast<double>(estimate.peak_activations.count());
    metrics["model_bytes"] = static_cast<double>(estimate.weights.count());
    if (estimate.p95)
        metrics["latency_p95_ms"] = estimate.p95->count();
    if (estimate.cold_start)
        metrics["cold_start_ms"] = estimate.cold_start->count();
    if (estimate.energy)
        metrics["energy_mj"] = estimate.energy->count();
    if (estimate.throughput_per_s)
        metrics["throughput_per_s"] = *estimate.throughput_per_s;
    if (estimate.cost_per_million)
        metrics["cost_per_million"] = *estimate.cost_per_million;
}

}  // namespace parnas::search
