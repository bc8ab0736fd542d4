// SPDX-License-Identifier: Apache-2.0
#include "search/screen.h"

#include <utility>

#include "core/error.h"
#include "search/target_metrics.h"

namespace parnas::search {

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
            add_metrics(*estimate, screened.metrics);
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
