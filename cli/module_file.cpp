// SPDX-License-Identifier: Apache-2.0
#include "cli/module_file.h"

#include <cstdlib>
#include <dlfcn.h>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::cli {

std::filesystem::path path_of(const ModuleFile& module) {
    if (const char* path = std::getenv(module.variable); path != nullptr && *path != '\0')
        return path;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
    return program.parent_path().parent_path() / "lib" / "parnas" / module.name;
}

void* open_entry(const ModuleFile& module) {
    const std::filesystem::path path = path_of(module);
    if (!std::filesystem::exists(path))
        throw Error(ErrorKind::not_found, module.missing, path.string());
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr)
        throw Error(ErrorKind::unavailable,
                    fmt::format("{} does not load: {}; {}", module.name, dlerror(), module.broken),
                    path.string());
    void* const entry = dlsym(handle, module.entry);
    if (entry == nullptr)
        throw Error(
            ErrorKind::unavailable,
            fmt::format("this file is not parnas' {}: it has no {}", module.name, module.entry),
            path.string());
    return entry;
}

void open_module(const ModuleFile& module, search::Registries& registries) {
    using Register = void (*)(search::Registries*);
    reinterpret_cast<Register>(open_entry(module))(&registries);
}

}  // namespace parnas::cli
