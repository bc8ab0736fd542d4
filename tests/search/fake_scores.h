// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "search/zero_cost/scoring_phase.h"

namespace parnas::tests {

// What a scoring phase gives if every proxy is the genotype's first value, larger is better, and
// those with first value 0 have no scores. Empty for another phase.
inline evaluators::PhaseResult first_value_scores(const search::Phase& phase) {
    if (phase.name != search::kScoringPhase)
        return {};
    const Json settings = parse_json(phase.settings, "settings");
    std::vector<search::Scores> scores;
    for (const Json& genotype : settings.at("genotypes")) {
        const double value = genotype.at(0).get<double>();
        Metrics metrics;
        for (const Json& proxy : settings.at("proxies"))
            metrics[proxy.get<std::string>()] = value;
        if (value == 0.0)
            scores.emplace_back(Failure{FailureKind::infeasible, "it is not connected"});
        else
            scores.emplace_back(std::move(metrics));
    }
    return {.attachment = search::to_text(scores)};
}

}  // namespace parnas::tests
