// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/torch_failure.h"

#include <string>

namespace parnas::evaluators {

Failure to_failure(const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    const bool memory = message.find("DefaultCPUAllocator") != std::string::npos ||
                        message.find("CUDA out of memory") != std::string::npos;
    return {memory ? FailureKind::out_of_memory : FailureKind::crashed,
            message.substr(0, message.find('\n'))};
}

}  // namespace parnas::evaluators
