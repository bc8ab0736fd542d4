// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/object_reader.h"
#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

// Reads `device: cpu | cuda`, the CPU if it is not there. A graphics processor that LibTorch
// cannot use is a fault.
at::Device read_device(ObjectReader& options);

}  // namespace parnas::evaluators
