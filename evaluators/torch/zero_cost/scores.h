// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "evaluators/torch/zero_cost/batches.h"
#include "search/zero_cost/scoring_phase.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

// Scores an untrained network: one metric for each proxy (formulas.h). Each has its name and is
// a pure number; synflow and naswot are natural logarithms. The loss is the cross-entropy of a
// batch, batch norm takes the batch's statistics, dropout is left out, and weights start as for
// training. The same network and options, the same scores.
//
// `batches` fit it. Failures: infeasible for a network whose answer does not depend on its input
// (nothing is defined for it), or that has no rectifier for naswot or no weights; diverged if a
// score is not finite; out_of_memory; cancelled.
search::Scores score_network(const spaces::Network& network,
                             const search::ScoringOptions& options,
                             const Batches& batches,
                             const std::stop_token& stop);

// Scores a candidate's network. Without one, or with one that `batches` do not fit, it is
// infeasible.
search::Scores score_candidate(const spaces::SearchSpace& space,
                               const Genotype& genotype,
                               const search::ScoringOptions& options,
                               const Batches& batches,
                               const std::stop_token& stop);

}  // namespace parnas::evaluators
