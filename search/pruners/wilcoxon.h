// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "search/pruner.h"

namespace parnas::search {

struct WilcoxonOptions {
    double p_threshold = 0.1;
    std::int64_t startup_steps = 2;  // that the trial and the best one have in common
};

WilcoxonOptions read_wilcoxon(ObjectReader& options);

// For objectives that are the mean of many results, such as folds or inputs, each reported at a
// step of its own: a trial stops if Wilcoxon's signed-rank test of the steps that it shares with
// the best trial says at a level below `p_threshold` that it is worse, and so does the mean of
// all it reported. The best trial is the complete one with the best mean; trials that reported
// what is not finite are neither stopped nor the best. As Optuna's WilcoxonPruner.
std::unique_ptr<Pruner> make_wilcoxon_pruner(const WilcoxonOptions& options,
                                             const Objective& objective);

}  // namespace parnas::search
