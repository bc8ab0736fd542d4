// SPDX-License-Identifier: Apache-2.0
#include "cli/torch_module.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "cli/module_file.h"

namespace parnas::cli {
namespace {

constexpr std::array<std::string_view, 3> kOfTheModule{"training", "zero_cost", "measured"};

constexpr ModuleFile kTorch{
    .name = "libparnas_torch.so",
    .variable = "PARNAS_TORCH_MODULE",
    .entry = "parnas_torch_register",
    .missing =
        "the LibTorch module is not there, which training, zero-cost proxies, measured "
        "latencies, torchscript and onnx need: build parnas with -DPARNAS_TORCH=ON (Debian: "
        "apt install libtorch-dev), or set PARNAS_TORCH_MODULE to libparnas_torch.so",
    .broken = "install the LibTorch that it was built with (Debian: apt install libtorch1.13)"};

bool names_part_of_module(const Json& json) {
    if (json.is_string())
        return std::ranges::find(kOfTheModule, json.get_ref<const std::string&>()) !=
               kOfTheModule.end();
    return json.is_object() && std::ranges::any_of(json.items(), [](const auto& item) {
               return (item.key() == "type" || item.key() == "model") &&
                      names_part_of_module(item.value());
           });
}

// Other runtimes that measure are opened by themselves.
bool measures_elsewhere(const Json& target) {
    return target.is_object() && target.contains("runtime") && target.at("runtime").is_string() &&
           !target.at("runtime").get_ref<const std::string&>().starts_with("libtorch");
}

}  // namespace

std::filesystem::path torch_module_path() {
    return path_of(kTorch);
}

void calm_openmp() {
    setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
}

void open_torch_module(search::Registries& registries) {
    calm_openmp();
    open_module(kTorch, registries);
}

bool needs_torch_module(const Json& job) {
    const auto needs = [](const Json& part) {
        return names_part_of_module(part) && !measures_elsewhere(part);
    };
    const auto at = [](const Json& json, const char* key) {
        return json.is_object() && json.contains(key) ? json.at(key) : Json();
    };
    const Json target = at(job, "target");
    return needs(at(job, "evaluator")) || needs(target) || needs(at(target, "measure"));
}

}  // namespace parnas::cli
