// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/text/tables.h"
#include "search/trial_json.h"
#include "store/store.h"

// Trials and phases as listings show them.
namespace parnas::cli {

using search::direction_of;
using search::metric_names;
using search::metric_of;
using search::phase_json;
using search::shown_params;
using search::trial_json;

// "lr=0.01 batch=64"
std::string params_text(const store::TrialRecord& trial);

// For people: number, state, objectives, why it failed or was pruned, parameters. `also` names one
// more metric.
Table trials_table(const store::StudySpec& study,
                   std::span<const store::TrialRecord> trials,
                   Detail detail,
                   const std::optional<std::string>& also);
// For other programs: one column per metric and parameter.
Table wide_trials_table(const store::StudySpec& study,
                        std::span<const store::TrialRecord> trials,
                        Detail detail);

// The phases' figures, one column per metric; for people and for other programs.
Table phases_table(std::span<const store::PhaseRecord> phases, Detail detail);

}  // namespace parnas::cli
