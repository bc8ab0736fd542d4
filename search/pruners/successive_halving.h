// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "search/pruners/rungs.h"

namespace parnas::search {

struct SuccessiveHalvingOptions {
    // Steps up to the first rung; none: a hundredth of the last step of the first trial that is
    // complete, at least 1, and until then nobody is judged.
    std::optional<std::int64_t> min_resource;
    std::int64_t reduction_factor = 4;
    std::int64_t min_early_stopping_rate = 0;  // of rungs that are left out at the beginning
    std::int64_t bootstrap_count = 0;
    Survivors survivors = Survivors::share;
};

SuccessiveHalvingOptions read_successive_halving(ObjectReader& options);
// The rule of syne-tune: the first rung at step 1, a third goes on, and one place more.
SuccessiveHalvingOptions read_asha(ObjectReader& options);

// Asynchronous successive halving that stops trials (Li et al., "A System for Massively Parallel
// Hyperparameter Tuning", MLSys 2020, in the variant without pauses): at steps
// min_resource * reduction_factor^(min_early_stopping_rate + k) a trial goes on if it is one of
// the best of those that were there so far.
std::unique_ptr<Pruner> make_successive_halving_pruner(const SuccessiveHalvingOptions& options,
                                                       const Objective& objective);

}  // namespace parnas::search
