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
    const char* entry;     // its only function
    const char* missing;   // what to say if it is not there
    const char* broken;    // what to say after the loader's words if it does not load
};

// $variable alone if it is set, else beside this program in ../lib/parnas.
std::filesystem::path path_of(const ModuleFile& module);

// Opens the module, never to close it; its entry, as a pointer to a function of the module's type.
// Throws Error(not_found) if there is none and Error(unavailable) if it does not load.
void* open_entry(const ModuleFile& module);

// One whose entry is void(search::Registries*): lets it add to `registries`. Throws as
// open_entry().
void open_module(const ModuleFile& module, search::Registries& registries);

}  // namespace parnas::cli
