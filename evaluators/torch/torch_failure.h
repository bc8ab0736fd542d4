// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/trial.h"
#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

// What an exception of LibTorch says about what was trained.
Failure to_failure(const c10::Error& error);

}  // namespace parnas::evaluators
