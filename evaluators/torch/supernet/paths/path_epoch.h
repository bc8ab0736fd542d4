// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "core/trial.h"
#include "evaluators/torch/supernet/epoch_run.h"
#include "search/weight_sharing/path_epoch.h"

namespace parnas::evaluators {

// Changes weights and velocity. Metrics: train_loss, the mean over all sub-networks of what
// they learned from; if the epoch validates also accuracy_largest and accuracy_smallest.
// Holds a Busy, so that measurements on this machine can make it wait. `teacher` may be null where
// the epoch's `distill` needs none.
std::variant<Metrics, Failure> train_paths(const search::PathEpoch& epoch,
                                           SharedWeights* teacher,
                                           const EpochRun& run);

}  // namespace parnas::evaluators
