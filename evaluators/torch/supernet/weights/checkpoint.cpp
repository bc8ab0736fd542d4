// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/checkpoint.h"

#include <algorithm>

#include "core/error.h"

namespace parnas::evaluators {
namespace {

constexpr ArtifactKind kKind{.magic = "PARNASSN",
                             .version = 1,
                             .name = "checkpoint of shared weights"};

}  // namespace

std::string to_bytes(const Checkpoint& checkpoint) {
    ArtifactWriter writer(kKind);
    writer.text(checkpoint.header);
    writer.number(static_cast<std::uint32_t>(checkpoint.tensors.size()));
    for (const NamedTensor& each : checkpoint.tensors)
        writer.tensor(each.name, each.tensor);
    return writer.finish();
}

Checkpoint read_checkpoint(std::string_view bytes) {
    ArtifactReader reader(bytes, kKind);
    Checkpoint checkpoint{.header = std::string(reader.text())};
    for (auto left = reader.number<std::uint32_t>(); left > 0; --left)
        checkpoint.tensors.push_back(reader.tensor());
    reader.finish();
    return checkpoint;
}

bool is_checkpoint(std::string_view bytes) {
    return bytes.starts_with(kKind.magic);
}

const at::Tensor* find_tensor(std::span<const NamedTensor> tensors, std::string_view name) {
    const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
    return found == tensors.end() ? nullptr : &found->tensor;
}

void copy_tensor(std::span<const NamedTensor> tensors, const NamedTensor& to) {
    const at::Tensor* from = find_tensor(tensors, to.name);
    if (from == nullptr)
        throw Error(ErrorKind::invalid_input, "the checkpoint has no such tensor", to.name);
    if (from->sizes() != to.tensor.sizes())
        throw Error(ErrorKind::invalid_input, "the checkpoint's tensor has another shape", to.name);
    const at::NoGradGuard no_grad;
    to.tensor.copy_(*from);
}

}  // namespace parnas::evaluators
