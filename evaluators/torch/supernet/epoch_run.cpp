// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/epoch_run.h"

namespace parnas::evaluators {

EpochRun make_epoch_run(const PhaseParts& parts,
                        const PhaseContext& context,
                        SharedWeights& weights,
                        const at::Tensor& velocity) {
    return {.space = context.space,
            .weights = weights,
            .velocity = velocity,
            .data = parts.data,
            .augment = parts.options.augment,
            .rng = Rng(context.seed),
            .stop = context.stop,
            .progress = context.progress};
}

}  // namespace parnas::evaluators
