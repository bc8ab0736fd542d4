// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace parnas::bench {

// Calls work(0) to work(count - 1), each once, from `threads` threads, and done(n) from one of
// them after the n-th has ended. Throws what a call threw first, or Error(unavailable) if
// `stop` was requested before all had begun; then no more calls begin.
void in_parallel(std::size_t count,
                 int threads,
                 const std::stop_token& stop,
                 const std::function<void(std::size_t)>& work,
                 const std::function<void(std::size_t)>& done);

}  // namespace parnas::bench
