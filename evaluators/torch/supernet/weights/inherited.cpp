// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/inherited.h"

#include <algorithm>

#include "evaluators/torch/supernet/weights/checkpoint.h"
#include "evaluators/torch/supernet/weights/recalibrate.h"
#include "evaluators/torch/supernet/weights/space_weights.h"

namespace parnas::evaluators {
namespace {

constexpr std::int64_t kBatch = 128;  // as Guo et al. have it

}  // namespace

std::optional<InheritedScore> score_inherited(TorchNetwork& network,
                                              const TrainingData& data,
                                              std::int64_t images,
                                              const std::stop_token& stop) {
    const std::int64_t used = std::min(images, data.train.size());
    const std::int64_t size = std::min(kBatch, used);
    const std::int64_t batches = used / size;
    const auto part = [&](const at::Tensor& tensor, std::int64_t batch) {
        return tensor.narrow(0, batch * size, size);
    };
    double loss = 0.0;
    const bool done = recalibrate(
        network,
        batches,
        [&](std::int64_t batch) { return part(data.train.inputs, batch); },
        stop,
        [&](std::int64_t batch, const at::Tensor& logits) {
            loss += at::cross_entropy_loss(logits, part(data.train.targets, batch)).item<double>();
        });
    if (!done)
        return std::nullopt;
    const std::optional<Score> validation = score(network, data.task, data.validation, stop);
    if (!validation)
        return std::nullopt;
    return InheritedScore{*validation, loss / static_cast<double>(batches)};
}

InheritedWeights::InheritedWeights(const spaces::SearchSpace& space,
                                   at::Device device,
                                   std::string_view checkpoint)
    : weights_(covering_networks(space), 0, device) {
    weights_.load(read_checkpoint(checkpoint).tensors);
}

TorchNetwork InheritedWeights::extract(const spaces::Network& network) {
    const MutexLock lock(mutex_);
    return weights_.extract(network);
}

WarmStart WarmStarts::find(const ArtifactId& id,
                           const spaces::SearchSpace& space,
                           at::Device device,
                           const Load& load) {
    const MutexLock lock(mutex_);
    if (last_ == id)
        return weights_;
    std::string bytes = load(id);
    if (!is_checkpoint(bytes))
        return bytes;
    weights_ = std::make_shared<InheritedWeights>(space, device, bytes);
    last_ = id;
    return weights_;
}

}  // namespace parnas::evaluators
