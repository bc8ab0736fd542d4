// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "search/pruners/curves.h"

namespace parnas::search {

struct PercentileOptions {
    double percentile = 50.0;         // the share of trials that is kept, 0 to 100
    std::int64_t startup_trials = 5;  // that complete before any trial is stopped
    Schedule schedule;
    std::int64_t min_trials = 1;  // that reported at a step, for a judgement there
};

PercentileOptions read_percentile(ObjectReader& options);
// The same without `percentile`, which is 50.
PercentileOptions read_median(ObjectReader& options);

// A trial stops if the best that it has reached so far is worse than what the best
// `percentile` % of complete trials reported at the same step, interpolated between two of them
// as NumPy does. It also stops if all it reported is NaN. With 50 % it is the median rule of
// Golovin et al., "Google Vizier", KDD 2017. As Optuna's PercentilePruner and MedianPruner.
std::unique_ptr<Pruner> make_percentile_pruner(const PercentileOptions& options,
                                               const Objective& objective);

}  // namespace parnas::search
