// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/trial.h"
#include "search/trial_codec.h"
#include "search/zero_cost/proxies.h"

namespace parnas::search {

// The phase in which candidates are scored without training. Its settings are those of
// read_scoring_options with "type": "zero_cost" and "genotypes"; it leaves no checkpoint.
inline constexpr const char* kScoringPhase = "zero_cost";

struct ScoringSettings {
    ScoringOptions scoring;
    std::vector<Genotype> genotypes;
};
std::string to_text(const ScoringSettings& settings, const TrialCodec& codec);
// Throws Error(damaged) for anything else.
ScoringSettings scoring_settings(const std::string& text, const TrialCodec& codec);

// A candidate's scores by the proxies' names, or why it has none.
using Scores = std::variant<Metrics, Failure>;

// The phase's attachment: one entry for each of its genotypes, in order.
std::string to_text(std::span<const Scores> scores);
// Throws Error(damaged) for anything else.
std::vector<Scores> scores_from_text(const std::string& text);

}  // namespace parnas::search
