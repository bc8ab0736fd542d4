// SPDX-License-Identifier: Apache-2.0
#include "search/other_target.h"

#include <array>
#include <string>
#include <utility>

#include "core/error.h"
#include "search/target_metrics.h"
#include "search/trial_codec.h"

namespace parnas::search {

std::function<std::optional<Metrics>(const store::TrialRecord&)> metrics_on(
    std::shared_ptr<const hw_models::HardwareModel> model,
    std::shared_ptr<const spaces::SearchSpace> space) {
    return [model = std::move(model),
            space = std::move(space)](const store::TrialRecord& trial) -> std::optional<Metrics> {
        Metrics metrics = trial.metrics;
        for (const std::string_view metric : kTargetMetrics)
            metrics.erase(std::string(metric));
        const spaces::Decoded decoded =
            space->decode(TrialCodec(space->params()).from_text(trial.genotype));
        if (!decoded.network)
            return std::nullopt;
        const std::array<const spaces::Network*, 1> networks{decoded.network.get()};
        try {
            add_metrics(model->estimate(networks, {}).front(), metrics);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::invalid_input)
                return std::nullopt;
            throw;
        }
        return metrics;
    };
}

}  // namespace parnas::search
