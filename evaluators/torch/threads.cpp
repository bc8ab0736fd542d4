// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/threads.h"

#include "evaluators/torch/torch.h"
// clang-format off: torch.h comes first
#include <ATen/Parallel.h>
// clang-format on

namespace parnas::evaluators {

void use_threads(int count) {
    // A thread's first question takes over the process's number, which another thread may
    // have set; only afterwards is the setting this thread's own.
    if (at::get_num_threads() != count)
        at::set_num_threads(count);
}

}  // namespace parnas::evaluators
