// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/trial.h"
#include "search/weight_sharing/discretise.h"

namespace parnas::search {

// How a differentiable search is doing after one epoch. The figures are metrics of the epoch's
// phase, under the names in brackets.
struct HealthRecord {
    // Largest eigenvalue of the Hessian of the validation loss by the architecture parameters
    // (hessian_eigenvalue); none: it was not computed.
    std::optional<double> eigenvalue;
    double skip_share = 0.0;      // of the discretised choices (skip_share)
    double none_share = 0.0;      // (none_share)
    std::int64_t most_skips = 0;  // in one cell (most_skips)
    bool has_all_skips = false;   // some cell has nothing else (all_skip_cells)
    // Mean over choices, of 1 for equal weights (entropy).
    double entropy = 1.0;
    // Kendall's tau between the strengths before the epoch and after it, mean over choices that
    // have an order (ranking_stability).
    std::optional<double> stability;
    // Validation accuracy of the mixed supernet minus that of the discretised one with the same
    // weights (discretisation_gap); none: it was not computed.
    std::optional<double> gap;
};

// The figures that follow from architecture parameters alone; discretised without a limit on
// skips, which would hide them.
HealthRecord look_at(const Architecture& before,
                     const Architecture& after,
                     OptionWeights weights,
                     const spaces::SearchSpace& space,
                     const OpenChoices& open);

void add_to(Metrics& metrics, const HealthRecord& record);
HealthRecord health_from(const Metrics& metrics);

struct HealthRules {
    // The eigenvalue's mean over `window` records divided by the one `delta` records earlier may
    // not exceed `ratio` (Zela et al., "Understanding and Robustifying Differentiable
    // Architecture Search", 2020).
    std::size_t window = 5;
    std::size_t delta = 4;
    double ratio = 1.3;
    // For `patience` epochs: no cell with more skips (Liang et al., "DARTS+", 2019) or with
    // skips alone, and no larger share of none.
    std::int64_t max_skips = 2;
    double max_none = 0.5;
    std::size_t patience = 3;
    std::size_t from = 0;  // no rule holds before as many epochs: nothing was learned yet
};

struct Collapse {
    std::size_t epoch = 0;  // in which it was noticed
    std::optional<std::size_t> last_healthy;
    std::string reason;
};

// Looks at the last of the records, one per epoch. `is_last`: no epoch follows, so that nobody is
// to be patient. Nullopt: healthy.
enum class More { epochs_follow, is_last };
std::optional<Collapse> find_collapse(std::span<const HealthRecord> records,
                                      const HealthRules& rules,
                                      More more);

}  // namespace parnas::search
