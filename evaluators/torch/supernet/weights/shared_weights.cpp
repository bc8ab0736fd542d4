// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/shared_weights.h"

#include <algorithm>
#include <functional>
#include <string>

#include "core/error.h"
#include "evaluators/torch/supernet/weights/checkpoint.h"
#include "evaluators/torch/supernet/weights/weight_recorder.h"

namespace parnas::evaluators {
namespace {

std::int64_t area(const spaces::Extent& size) {
    return size[0] * size[1];
}

bool contains(const spaces::Extent& outer, const spaces::Extent& inner) {
    return outer[0] >= inner[0] && outer[1] >= inner[1];
}

// By falling area, without their transforms. The parent of each is the smallest before it
// that contains it.
std::vector<SharedKernel> find_parents(const WeightRecorder::Record& record) {
    const spaces::Extent largest{record.spec.shape[2], record.spec.shape[3]};
    std::vector<spaces::Extent> sizes(record.kernels.begin(), record.kernels.end());
    std::erase(sizes, largest);
    std::ranges::stable_sort(sizes, std::ranges::greater{}, area);
    std::vector<SharedKernel> kernels{{.size = largest}};
    for (const spaces::Extent& size : sizes) {
        std::size_t parent = kernels.size() - 1;
        while (!contains(kernels[parent].size, size))
            --parent;
        kernels.push_back({.size = size, .parent = parent});
    }
    return kernels;
}

WeightSpec transform_spec(const std::string& weight, const spaces::Extent& size) {
    return {.name = weight + "_" + std::to_string(size[0]) + "x" + std::to_string(size[1]),
            .shape = {area(size), area(size)},
            .start = Start::identity};
}

SharedWeight make_shared(const WeightRecorder::Record& record, Weights& weights) {
    SharedWeight shared{.tensor = weights.parameter(record.spec)()};
    if (record.spec.groups == 0)
        return shared;
    shared.kernels = find_parents(record);
    for (SharedKernel& kernel : std::span(shared.kernels).subspan(1))
        kernel.transform = weights.parameter(transform_spec(record.spec.name, kernel.size))();
    return shared;
}

}  // namespace

SharedWeights::SharedWeights(std::span<const spaces::Network> networks,
                             std::uint64_t seed,
                             at::Device device)
    : device_(device), weights_(seed, device) {
    WeightRecorder recorder;
    for (const spaces::Network& network : networks)
        (void)TorchNetwork(network, recorder);
    for (const WeightRecorder::Record& record : recorder.parameters())
        parameters_.emplace(record.spec.name, make_shared(record, weights_));
    for (const WeightRecorder::Record& record : recorder.statistics())
        statistics_.emplace(record.spec.name, weights_.statistic(record.spec));
    weights_.pack();
    gradients_ = weights_.make_flat_gradients();
}

TorchNetwork SharedWeights::view(const spaces::Network& network, Statistics statistics) {
    WeightView weights(parameters_, statistics_, statistics);
    return {network, weights};
}

TorchNetwork SharedWeights::extract(const spaces::Network& network) {
    TorchNetwork own(network, 0, device_);
    WeightRecorder recorder;
    (void)TorchNetwork(network, recorder);
    WeightView shared(parameters_, statistics_, Statistics::shared);
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < recorder.parameters().size(); ++i)
        own.weights().parameters()[i].tensor.copy_(
            shared.parameter(recorder.parameters()[i].spec)());
    for (std::size_t i = 0; i < recorder.statistics().size(); ++i)
        own.weights().statistics()[i].tensor.copy_(shared.statistic(recorder.statistics()[i].spec));
    return own;
}

std::vector<NamedTensor> SharedWeights::tensors() const {
    std::vector<NamedTensor> all = weights_.parameters();
    all.insert(all.end(), weights_.statistics().begin(), weights_.statistics().end());
    return all;
}

void SharedWeights::load(std::span<const NamedTensor> tensors) {
    const at::NoGradGuard no_grad;
    for (const NamedTensor& own : this->tensors())
        copy_tensor(tensors, own);
}

}  // namespace parnas::evaluators
