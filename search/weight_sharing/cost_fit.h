// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "search/goals.h"
#include "search/sampler.h"
#include "search/weight_sharing/additive_cost.h"

namespace parnas::search {

// What a search by gradients has to hold back.
struct CostGoal {
    std::string metric;
    std::optional<double> at;  // largest value; none: the cost only orders networks
};

// `wanted` if there is one, else the first limit on what is known of a network before it is
// evaluated, else its latency, or multiply-adds where nobody predicts a latency. Throws
// Error(invalid_input) if the metric that is wanted is not known.
CostGoal find_cost_goal(const AskContext& context,
                        const std::optional<CostGoal>& wanted,
                        const Limits& limits);

struct CostFitOptions {
    std::optional<std::int64_t> samples;  // none: 1.5 for each coefficient, at least 32
    std::uint64_t seed = 0;
};

// Fits to the figures of random genotypes. Nullopt if they do not differ.
std::optional<AdditiveCost> fit_cost(const std::string& metric,
                                     const AskContext& context,
                                     const OpenChoices& open,
                                     const CostFitOptions& options);

}  // namespace parnas::search
