// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::search {
struct Registries;
}

// The LibTorch module's only entry, found by name when libparnas_torch.so is opened. Adds
// the evaluators "training" and "zero_cost", the runtimes "libtorch" and "libtorch-frozen" and
// the exporters "torchscript" and, where parnas was built with ONNX, "onnx"; lets the process
// keep freed memory for the next tensors (memory_reuse.h). Throws Error(conflict) if a name is
// taken.
extern "C" __attribute__((visibility("default"))) void parnas_torch_register(
    parnas::search::Registries* registries);
