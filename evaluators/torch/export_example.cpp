// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/export_example.h"

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::evaluators {

Example make_example(const TrainedNetwork& model, std::int64_t batch) {
    const at::NoGradGuard no_grad;
    Example example{random_inputs(model.network, {.batch = batch, .symbol_size = 5}, 0), {}};
    std::vector<at::Tensor> seen = example.inputs;  // by the network
    if (model.scaling) {
        at::Tensor& raw = example.inputs.front();
        const std::size_t dimensions = model.network.inputs.front().shape.size();
        const at::Tensor deviation = per_channel(model.scaling->deviation, dimensions);
        const at::Tensor spread = at::where(deviation.isinf(), at::ones_like(deviation), deviation);
        raw = raw * spread + per_channel(model.scaling->mean, dimensions);
        seen.front() = scaled(*model.scaling, raw);
    }
    example.outputs = model.torch.forward(std::move(seen), Pass{});
    return example;
}

void check_scaling(const InputScaling& scaling, const spaces::Network& network) {
    const auto channels = static_cast<spaces::Dim>(scaling.mean.size());
    if (network.inputs.empty() || network.inputs.front().shape.empty() ||
        network.inputs.front().dtype == spaces::DType::int64 ||
        network.inputs.front().shape.front() != channels)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("the weights were trained on data of {} channels, which the "
                                "network's first input does not take",
                                channels));
}

}  // namespace parnas::evaluators
