// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "search/registries.h"

namespace parnas::cli {

// A part of parnas in a shared object of its own, because its libraries cost every start time and
// memory that few commands need.
struct ModuleFile {
    const char* name;      // "libparnas_torch.so"
    const char* variable;  // its path, if it is not where it was built
    const char* entry;     // its only function: void(search::Registries*)
    const char* missing;   // what to say if it is not there
    const char* broken;    // what to say after the loader's words if it does not load
};

// $variable alone if it is set, else beside this program in ../lib/parnas.
std::filesystem::path path_of(const ModuleFile& module);

// Opens the module, never to close it, and lets it add to `registries`. Throws Error(not_found)
// if there is none and Error(unavailable) if it does not load.
void open_module(const ModuleFile& module, search::Registries& registries);

}  // namespace parnas::cli
