// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "evaluators/torch/training_options.h"

namespace parnas::evaluators {

// The share of the base learning rate at `epoch` (fractions count) of `epochs`, in [0, 1].
double learning_rate_factor(const ScheduleOptions& schedule, double epoch, double epochs);

}  // namespace parnas::evaluators
