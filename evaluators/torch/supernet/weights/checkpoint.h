// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evaluators/torch/tensor_format.h"

namespace parnas::evaluators {

// What one phase of training shared weights hands to the next, and to the trials that
// inherit from it. Shared weights have their own names, "<node>.weight"; whatever else goes
// on has a group's name before it: "alpha/...", "momentum/...".
struct Checkpoint {
    std::string header;  // JSON text
    std::vector<NamedTensor> tensors;
};

// An artifact as tensor_format.h describes it. Magic "PARNASSN", version 1, then
//
//     u32, bytes   header
//     u32          number of tensors
std::string to_bytes(const Checkpoint& checkpoint);
// Throws Error(damaged) if `bytes` is no such artifact. The tensors are on the CPU.
Checkpoint read_checkpoint(std::string_view bytes);
// Whether an artifact calls itself a checkpoint, and not a network's weights.
bool is_checkpoint(std::string_view bytes);

// The tensor of that name, or null.
const at::Tensor* find_tensor(std::span<const NamedTensor> tensors, std::string_view name);
// Copies the values of the tensor of the same name to `to`, on whatever device. Throws
// Error(invalid_input) if there is none or it has another shape.
void copy_tensor(std::span<const NamedTensor> tensors, const NamedTensor& to);

}  // namespace parnas::evaluators
