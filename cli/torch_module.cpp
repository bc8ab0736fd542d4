// SPDX-License-Identifier: Apache-2.0
#include "cli/torch_module.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dlfcn.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::cli {
namespace {

constexpr std::array<std::string_view, 3> kOfTheModule{"training", "zero_cost", "measured"};

bool names_part_of_module(const Json& json) {
    if (json.is_string())
        return std::ranges::find(kOfTheModule, json.get_ref<const std::string&>()) !=
               kOfTheModule.end();
    return json.is_object() && std::ranges::any_of(json.items(), [](const auto& item) {
               return (item.key() == "type" || item.key() == "model") &&
                      names_part_of_module(item.value());
           });
}

}  // namespace

std::filesystem::path torch_module_path() {
    if (const char* path = std::getenv("PARNAS_TORCH_MODULE"); path != nullptr && *path != '\0')
        return path;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
    return program.parent_path().parent_path() / "lib" / "parnas" / "libparnas_torch.so";
}

void open_torch_module(search::Registries& registries) {
    const std::filesystem::path path = torch_module_path();
    if (!std::filesystem::exists(path))
        throw Error(ErrorKind::not_found,
                    "the LibTorch module is not there, which training, zero-cost proxies, measured "
                    "latencies "
                    "and torchscript need: build parnas with -DPARNAS_TORCH=ON (Debian: apt "
                    "install libtorch-dev), or set "
                    "PARNAS_TORCH_MODULE to libparnas_torch.so",
                    path.string());
    // OpenMP reads it when it is loaded: threads that spin beside a busy neighbour are many
    // times slower than one thread alone.
    setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
    void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr)
        throw Error(
            ErrorKind::unavailable,
            fmt::format("the LibTorch module does not load: {}; install the LibTorch that it was "
                        "built with (Debian: apt install libtorch1.13)",
                        dlerror()),
            path.string());
    using Register = void (*)(search::Registries*);
    // The module was built with its own header, evaluators/torch/module.h.
    const auto add = reinterpret_cast<Register>(dlsym(module, "parnas_torch_register"));
    if (add == nullptr)
        throw Error(ErrorKind::unavailable,
                    "this file is not parnas' LibTorch module: it has no parnas_torch_register",
                    path.string());
    add(&registries);
}

bool needs_torch_module(const Json& job) {
    if (!job.is_object())
        return false;
    return std::ranges::any_of(std::array{"evaluator", "target"}, [&](const char* key) {
        return job.contains(key) && names_part_of_module(job.at(key));
    });
}

}  // namespace parnas::cli
