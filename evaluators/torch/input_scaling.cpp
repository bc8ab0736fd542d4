// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/input_scaling.h"

#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

at::Tensor per_channel(const std::vector<float>& values, std::size_t sample_dimensions) {
    std::vector<std::int64_t> shape(sample_dimensions, 1);
    shape.front() = static_cast<std::int64_t>(values.size());
    return at::tensor(values, at::kFloat).view(shape);
}

at::Tensor scaled(const InputScaling& scaling, const at::Tensor& inputs) {
    const auto dimensions = static_cast<std::size_t>(inputs.dim()) - 1;
    return inputs.sub(per_channel(scaling.mean, dimensions))
        .div_(per_channel(scaling.deviation, dimensions));
}

}  // namespace parnas::evaluators
