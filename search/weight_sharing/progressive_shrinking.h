// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/weight_sharing/path_search.h"

namespace parnas::search {

// Trains the largest network first and opens smaller ones step by step, taught by it: other
// paths, then kernels, depths and widths, the last two in two steps from the largest values
// downwards (Cai et al., "Once-for-all", ICLR 2020). Then it searches among the sub-networks
// with the weights that they inherit. What a parameter opens is found from the template; the
// resolution of the input is open throughout. Keys:
//
//     epochs: 60                     of all stages, shared out as in the paper
//     kd_weight: 1.0                 of the teacher's part of the loss
//     lr, momentum, weight_decay, clip, label_smoothing, batch
//     stages: {full: {epochs, lr, paths}, path, kernel, depth, width}
//     search: {type: regularized_evolution | nsga2 | random | ...}
//
// A stage with nothing to open is left out, and its epochs go to the others. Its `lr` is that
// of its first epoch and falls by half a cosine; `paths` are the sub-networks per step.
std::unique_ptr<Strategy> make_progressive_shrinking(ObjectReader& options,
                                                     const SamplerSetup& setup,
                                                     const Registry<StrategyFactory>& searches);

}  // namespace parnas::search
