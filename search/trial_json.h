// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/scalar.h"
#include "search/goals.h"
#include "store/store.h"

// Trials and phases as JSON lines, exports and reports show them.
namespace parnas::search {

// The value of an attribute. What is no JSON, like the NaN that other programs write, or is
// nested deeper than parse_json() allows, stays the text that it is.
Json attribute_json(const std::string& text);

// `comparable` leaves out what differs between two runs of one job: times, durations,
// attempts, and metrics that are durations.
enum class Detail { everything, comparable };

// What the study is to be good at.
std::vector<Objective> objectives_of(const store::StudySpec& study);

// The value of an objective or of any other metric; nullopt if the trial has none.
std::optional<double> metric_of(const store::StudySpec& study,
                                const store::TrialRecord& trial,
                                std::string_view metric);
// Of `metric` if it is an objective; otherwise names that say so ("accuracy") are maximised.
Direction direction_of(const store::StudySpec& study, std::string_view metric);

// Active parameters as the user wrote them, in the order of the space.
std::vector<std::pair<std::string, Scalar>> shown_params(const store::TrialRecord& trial);

// Everything that is known of a trial.
Json trial_json(const store::StudySpec& study, const store::TrialRecord& trial, Detail detail);

// Where and why it was stopped early, {"step": 3, "reason": "..."}; null if it was not.
Json pruned_json(const store::TrialRecord& trial);

// Everything that is known of a phase, its attachment as JSON.
Json phase_json(const store::PhaseRecord& phase, Detail detail);

// Every metric that some trial has, objectives first, then by name.
std::vector<std::string> metric_names(const store::StudySpec& study,
                                      std::span<const store::TrialRecord> trials,
                                      Detail detail);
// Of some phase, by name.
std::vector<std::string> metric_names(std::span<const store::PhaseRecord> phases, Detail detail);

}  // namespace parnas::search
