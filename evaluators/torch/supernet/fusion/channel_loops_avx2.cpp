// SPDX-License-Identifier: Apache-2.0
// Compiled for processors with AVX2 and FMA.
#include "evaluators/torch/supernet/fusion/channel_loops_body.h"

namespace parnas::evaluators {

extern const ChannelLoops kAvx2ChannelLoops;
const ChannelLoops kAvx2ChannelLoops = kLoops;

}  // namespace parnas::evaluators
