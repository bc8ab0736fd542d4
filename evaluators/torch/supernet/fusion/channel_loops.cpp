// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/fusion/channel_loops.h"

#include "evaluators/torch/supernet/fusion/channel_loops_body.h"

namespace parnas::evaluators {

#ifdef PARNAS_AVX2_LOOPS
extern const ChannelLoops kAvx2ChannelLoops;

const ChannelLoops& channel_loops() {
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has_avx2 ? kAvx2ChannelLoops : kLoops;
}
#else
const ChannelLoops& channel_loops() {
    return kLoops;
}
#endif

}  // namespace parnas::evaluators
