// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "evaluators/torch/torch.h"
#include "search/weight_sharing/path_epoch.h"

namespace parnas::evaluators {

// How far a sub-network's distribution q is from its teacher's p, the mean over a batch of
// logits; the teacher gets no gradient.
//
// kl: sum p log(p / q). alpha: per sample the larger of the alpha-divergences
//
//     D(p, q) = sum q ((p / q)^a - 1) / (a (a - 1)),  a in {-1, 1}, of which a = 1 is kl,
//
// where (p / q)^-1 is at most `clip` (Wang et al., "AlphaNet", ICML 2021).
at::Tensor divergence(const at::Tensor& logits,
                      const at::Tensor& teacher,
                      search::Divergence kind,
                      double clip);

}  // namespace parnas::evaluators
