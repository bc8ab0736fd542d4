// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/memory_reuse.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace parnas::evaluators {

void keep_freed_memory() {
#ifdef __GLIBC__
    constexpr int kMiB = 1 << 20;
    mallopt(M_MMAP_THRESHOLD, 32 * kMiB);  // the most that it takes; larger ones go back at once
    mallopt(M_TRIM_THRESHOLD, 64 * kMiB);
#endif
}

}  // namespace parnas::evaluators
