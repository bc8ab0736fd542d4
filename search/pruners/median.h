// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "search/pruner.h"

namespace parnas::search {

struct MedianOptions {
    std::int64_t startup_trials = 5;  // that complete before any trial is stopped
    std::int64_t warmup_steps = 0;    // no trial is stopped before this step
    std::int64_t interval_steps = 1;  // between two judgements of a trial
    std::int64_t min_trials = 1;      // that reported at a step, for a judgement there
};

MedianOptions read_median(ObjectReader& options);

// The median rule of Golovin et al., "Google Vizier", KDD 2017, as Optuna's MedianPruner has
// it: a trial stops if the best that it has reached so far is worse than the median of what
// complete trials reported at the same step. It also stops if all it reported is NaN.
std::unique_ptr<Pruner> make_median_pruner(const MedianOptions& options,
                                           const Objective& objective);

}  // namespace parnas::search
