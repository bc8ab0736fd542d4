// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/device.h"

#include <string>

namespace parnas::evaluators {

at::Device read_device(ObjectReader& options) {
    if (options.word("device", {"cpu", "cuda"}, "cpu") == 0)
        return at::kCPU;
    if (!at::hasCUDA())
        options.fault("device", "LibTorch finds no CUDA device on this machine; use cpu");
    return at::Device(at::kCUDA, 0);
}

}  // namespace parnas::evaluators
