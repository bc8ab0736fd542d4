// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::evaluators {

// How many threads LibTorch's ops use when they are called from this thread. Other threads
// keep their number: OpenMP's setting belongs to the thread.
void use_threads(int count);

}  // namespace parnas::evaluators
