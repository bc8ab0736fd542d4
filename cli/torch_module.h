// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "search/registries.h"

namespace parnas::cli {

// libparnas_torch.so: training, timing and TorchScript, kept apart because a program that
// links LibTorch pays 0.7 s and 166 MB before it says hello.

// Where the module is looked for: $PARNAS_TORCH_MODULE alone if it is set, else beside this
// program in ../lib/parnas.
std::filesystem::path torch_module_path();

// OpenMP, which comes with LibTorch, reads its settings when it is loaded, so this goes before any
// library that may bring it: threads that wait do not spin, as beside a busy neighbour those are
// many times slower than one thread alone. Leaves what the user has set.
void calm_openmp();

// Opens the module, never to close it, and lets it add to `registries`. Throws
// Error(not_found) if there is none and Error(unavailable) if it does not load, both with
// what to do.
void open_torch_module(search::Registries& registries);

// Whether a job document names something that only the module has.
bool needs_torch_module(const Json& job);

}  // namespace parnas::cli
