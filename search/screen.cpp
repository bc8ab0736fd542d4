// SPDX-License-Identifier: Apache-2.0
#include "search/screen.h"

#include <utility>

#include "core/error.h"

namespace parnas::search {
namespace {

void add_estimate(const hw_models::Estimate& estimate, Metrics& metrics) {
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

}  // namespace

Screen::Screen(const spaces::SearchSpace& space,
               GenotypeFacts& facts,
               const hw_models::HardwareModel* model,
               Limits limits,
               std::optional<double> confidence)
    : space_(space),
      facts_(facts),
      model_(model),
      limits_(std::move(limits)),
      confidence_(confidence) {}

Screened Screen::look(const Genotype& genotype, const std::stop_token& stop) {
    Screened screened{.facts = facts_.look(genotype)};
    screened.metrics = screened.facts->counts;
    if (model_ != nullptr && screened.facts->architecture) {
        const Prediction& predicted = predict(genotype, *screened.facts->architecture, stop);
        if (const auto* estimate = std::get_if<hw_models::Estimate>(&predicted))
            add_estimate(*estimate, screened.metrics);
        else
            screened.failure = std::get<Failure>(predicted);
    }
    if (confidence_)
        if (const auto upper = latency_upper_ms(screened.metrics, *confidence_))
            screened.metrics[std::string(kLatencyUpper)] = *upper;
    if (!screened.failure)
        if (auto reason = describe_violation(limits_, screened.metrics))
            screened.failure = Failure{FailureKind::infeasible, *std::move(reason)};
    return screened;
}

const Screen::Prediction& Screen::predict(const Genotype& genotype,
                                          const Digest& architecture,
                                          const std::stop_token& stop) {
    if (const auto found = predictions_.find(architecture); found != predictions_.end())
        return found->second;
    const spaces::Decoded decoded = space_.decode(genotype);
    const spaces::Network* network = decoded.network.get();
    try {
        return predictions_[architecture] = model_->estimate({&network, 1}, stop).at(0);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_input)
            throw;
        return predictions_[architecture] = Failure{FailureKind::infeasible, error.what()};
    }
}

}  // namespace parnas::search
