// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/recalibrate.h"

namespace parnas::evaluators {

bool recalibrate(TorchNetwork& network,
                 std::int64_t batches,
                 const std::function<at::Tensor(std::int64_t)>& inputs,
                 const std::stop_token& stop,
                 const std::function<void(std::int64_t, const at::Tensor&)>& use) {
    const at::NoGradGuard no_grad;
    Pass pass{.training = true};
    for (std::int64_t batch = 0; batch < batches; ++batch) {
        if (stop.stop_requested())
            return false;
        // The mean of n + 1 values from that of n; the first one forgets what was before.
        pass.statistics_rate = 1.0 / static_cast<double>(batch + 1);
        const at::Tensor output = network.forward({inputs(batch)}, pass).back();
        if (use)
            use(batch, output);
    }
    return true;
}

}  // namespace parnas::evaluators
