// SPDX-License-Identifier: Apache-2.0
#include "search/measuring_tally.h"

#include <nlohmann/json.hpp>

#include "search/target_figures.h"

namespace parnas::search {

MeasuringTally measuring_tally(std::span<const store::TrialRecord> trials) {
    MeasuringTally tally;
    for (const store::TrialRecord& trial : trials) {
        const auto figures = target_figures_of(trial.system_attributes);
        if (!figures)
            continue;
        tally.measured += figures->was_measured_now();
        tally.refused += figures->refused.has_value();
        if (figures->was_measured_now() && trial.failure &&
            trial.failure->kind == FailureKind::infeasible)
            tally.broken.push_back({.trial = trial.number,
                                    .stage = trial.stage,
                                    .reason = trial.failure->reason,
                                    .predicted_ms = figures->predicted->latency.count()});
    }
    return tally;
}

Json to_json(const MeasuringTally& tally) {
    Json broken = Json::array();
    for (const BrokenAsMeasured& each : tally.broken)
        broken.push_back({{"trial", each.trial},
                          {"stage", std::string(to_string(each.stage))},
                          {"reason", each.reason},
                          {"predicted_ms", each.predicted_ms}});
    return {{"measured", tally.measured},
            {"refused", tally.refused},
            {"infeasible", std::move(broken)}};
}

}  // namespace parnas::search
