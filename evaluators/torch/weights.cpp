// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/weights.h"

#include <algorithm>

#include <ATen/CPUGeneratorImpl.h>

#include "core/error.h"

namespace parnas::evaluators {
namespace {

// Parts of a flat tensor begin at multiples of this many values: one cache line.
constexpr std::int64_t kAlignment = 16;

std::int64_t padded(std::int64_t size) {
    return (size + kAlignment - 1) / kAlignment * kAlignment;
}

at::Tensor make_flat(const std::vector<NamedTensor>& tensors, at::Device device) {
    std::int64_t size = 0;
    for (const NamedTensor& each : tensors)
        size += padded(each.tensor.numel());
    return at::zeros({size}, at::device(device).dtype(at::kFloat));
}

// Calls `use` with each tensor and its part of `flat`.
template <typename Use>
void for_each_part(const std::vector<NamedTensor>& tensors, const at::Tensor& flat, Use use) {
    std::int64_t offset = 0;
    for (const NamedTensor& each : tensors) {
        use(each.tensor, flat.narrow(0, offset, each.tensor.numel()).view(each.tensor.sizes()));
        offset += padded(each.tensor.numel());
    }
}

at::Tensor packed(const std::vector<NamedTensor>& tensors, at::Device device) {
    at::Tensor flat = make_flat(tensors, device);
    const at::NoGradGuard no_grad;
    for_each_part(tensors, flat, [](const at::Tensor& tensor, const at::Tensor& part) {
        part.copy_(tensor);
        tensor.set_data(part);
    });
    return flat;
}

}  // namespace

Weights::Weights(std::uint64_t seed, at::Device device)
    : generator_(at::make_generator<at::CPUGeneratorImpl>(seed)), device_(device) {}

Weight Weights::parameter(const WeightSpec& spec) {
    at::Tensor tensor = at::empty(spec.shape, at::kFloat);
    switch (spec.start) {
        case Start::constant:
            tensor.fill_(spec.scale);
            break;
        case Start::normal:
            tensor.normal_(0.0, spec.scale, generator_);
            break;
        case Start::uniform:
            tensor.uniform_(-spec.scale, spec.scale, generator_);
            break;
        case Start::identity:
            tensor.zero_().fill_diagonal_(1.0);
            break;
    }
    tensor.requires_grad_();
    parameters_.push_back({spec.name, tensor});
    return tensor;
}

at::Tensor Weights::statistic(const WeightSpec& spec) {
    at::Tensor tensor = at::full(spec.shape, spec.scale, at::kFloat);
    statistics_.push_back({spec.name, tensor});
    return tensor;
}

void Weights::pack() {
    flat_parameters_ = packed(parameters_, device_);
    flat_statistics_ = packed(statistics_, device_);
}

at::Tensor Weights::make_flat_gradients() {
    at::Tensor flat = make_flat(parameters_, device_);
    for_each_part(parameters_, flat, [](const at::Tensor& tensor, const at::Tensor& part) {
        tensor.mutable_grad() = part;
    });
    return flat;
}

namespace {

constexpr ArtifactKind kWeightsKind{.magic = "PARNASWT", .version = 1, .name = "weights artifact"};
constexpr std::size_t kScalingTensors = 2;

std::size_t count_tensors(const Weights& weights) {
    return weights.parameters().size() + weights.statistics().size();
}

[[noreturn]] void belongs_elsewhere(const std::string& why) {
    throw Error(ErrorKind::invalid_input, "the weights belong to another network: " + why);
}

NamedTensor read_expected(ArtifactReader& reader, std::string_view name) {
    NamedTensor found = reader.tensor();
    if (found.name != name)
        belongs_elsewhere("found '" + found.name + "' where '" + std::string(name) +
                          "' was expected");
    return found;
}

void read_into(ArtifactReader& reader, const NamedTensor& expected) {
    const NamedTensor found = read_expected(reader, expected.name);
    if (found.tensor.sizes() != expected.tensor.sizes())
        belongs_elsewhere("'" + expected.name + "' has another shape");
    const at::NoGradGuard no_grad;
    expected.tensor.copy_(found.tensor);
}

at::Tensor to_tensor(const std::vector<float>& values) {
    const at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::kFloat);
    std::ranges::copy(values, tensor.data_ptr<float>());
    return tensor;
}

std::vector<float> read_channels(ArtifactReader& reader, std::string_view name) {
    const at::Tensor values = read_expected(reader, name).tensor;
    if (values.dim() != 1 || values.numel() < 1)
        reader.damaged("'" + std::string(name) + "' is no list of values");
    return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

InputScaling read_scaling(ArtifactReader& reader) {
    InputScaling scaling;
    scaling.mean = read_channels(reader, kInputMean);
    scaling.deviation = read_channels(reader, kInputDeviation);
    if (scaling.mean.size() != scaling.deviation.size())
        reader.damaged("it has " + std::to_string(scaling.mean.size()) + " means of inputs and " +
                       std::to_string(scaling.deviation.size()) + " deviations");
    return scaling;
}

}  // namespace

std::string to_bytes(const Weights& weights, const std::optional<InputScaling>& scaling) {
    ArtifactWriter writer(kWeightsKind);
    writer.number(
        static_cast<std::uint32_t>(count_tensors(weights) + (scaling ? kScalingTensors : 0)));
    for (const NamedTensor& each : weights.parameters())
        writer.tensor(each.name, each.tensor);
    for (const NamedTensor& each : weights.statistics())
        writer.tensor(each.name, each.tensor);
    if (scaling) {
        writer.tensor(kInputMean, to_tensor(scaling->mean));
        writer.tensor(kInputDeviation, to_tensor(scaling->deviation));
    }
    return writer.finish();
}

std::optional<InputScaling> load_bytes(std::string_view bytes, Weights& weights) {
    ArtifactReader reader(bytes, kWeightsKind);
    const std::size_t expected = count_tensors(weights);
    const auto count = reader.number<std::uint32_t>();
    if (count != expected && count != expected + kScalingTensors)
        belongs_elsewhere(std::to_string(count) + " tensors, expected " + std::to_string(expected));
    for (const NamedTensor& each : weights.parameters())
        read_into(reader, each);
    for (const NamedTensor& each : weights.statistics())
        read_into(reader, each);
    std::optional<InputScaling> scaling;
    if (count != expected)
        scaling = read_scaling(reader);
    reader.finish();
    return scaling;
}

}  // namespace parnas::evaluators
