// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/weight_sharing/path_search.h"

namespace parnas::search {

// Trains all sub-networks at once, one path at a time, then searches among them with the
// weights that they inherit (Guo et al., "Single path one-shot", ECCV 2020). Keys:
//
//     epochs: 30
//     sampling: uniform | cost_bins | fair | sandwich
//     paths: sub-networks per step (1; of a sandwich those between its ends, 2)
//     bins: 10                       of cost_bins
//     divergence: kl | alpha         of a sandwich: how the largest network teaches
//     lr, momentum, weight_decay, clip, label_smoothing, batch
//     search: {type: regularized_evolution | nsga2 | random | ...}
//
// A sandwich's smaller networks learn from the largest one alone; all other sub-networks
// learn from labels. The learning rate falls by half a cosine.
std::unique_ptr<Strategy> make_one_shot(ObjectReader& options,
                                        const SamplerSetup& setup,
                                        const Registry<StrategyFactory>& searches);

}  // namespace parnas::search
