// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/trial.h"
#include "search/goals.h"
#include "store/store.h"

namespace parnas::search {

// A finished trial never changes, but what its target's model says of it does, once the model
// has learnt from measurements: the metrics that are different now, by trial. The front's
// versions are by them, and each `front_changed` event has those of its version:
//
//     {"front": [1, 4], "reason": "reestimated", "figures": {"4": {"latency_ms": 1.9, ...}}}
//
// They are of members, and of trials that by their records would be members.
using Reestimates = std::map<TrialNumber, Metrics>;

inline constexpr std::string_view kFrontChanged = "front_changed";
// Why a version is there that no new trial made.
inline constexpr std::string_view kReestimated = "reestimated";

Json to_json(const Reestimates& figures);

// A version of a study's front, besides what the store has of it.
struct FrontFigures {
    std::optional<std::string> reason;
    Reestimates figures;
};

// Nothing where no model has learnt anything. `version`: from 1; none: the last. Throws
// Error(damaged).
FrontFigures front_figures(const store::Store& store,
                           StudyId study,
                           std::optional<std::int64_t> version = std::nullopt);

// Puts them into the trials, among their objectives too.
void apply(const Reestimates& figures,
           const std::vector<Objective>& objectives,
           std::span<store::TrialRecord> trials);

// All trials of a study, those that its front depends on with the figures that it is by.
std::vector<store::TrialRecord> current_trials(const store::Store& store,
                                               StudyId study,
                                               std::optional<std::int64_t> version = std::nullopt);

}  // namespace parnas::search
