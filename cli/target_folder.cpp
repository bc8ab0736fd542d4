// SPDX-License-Identifier: Apache-2.0
#include "cli/target_folder.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/costs/costed_model.h"
#include "hw_models/target_kinds.h"

namespace parnas::cli {
namespace {

std::optional<std::filesystem::path> path_from(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0')
        return std::nullopt;
    return value;
}

std::filesystem::path folder() {
    if (const auto own = path_from("PARNAS_TARGETS"))
        return *own;
    // A relative path in $XDG_DATA_HOME is invalid and to be ignored, says the specification.
    if (const auto data = path_from("XDG_DATA_HOME"); data && data->is_absolute())
        return *data / "parnas/targets";
    if (const auto home = path_from("HOME"))
        return *home / ".local/share/parnas/targets";
    return {};
}

}  // namespace

hw_models::TargetLibrary target_library() {
    return hw_models::TargetLibrary(folder());
}

std::unique_ptr<hw_models::HardwareModel> open_target(const std::string& name) {
    const Json target = {{"profile", name}};
    Faults faults;
    ObjectReader options(target, "", faults);
    auto model =
        hw_models::with_costs(hw_models::make_model_of_profile(
                                  options, std::filesystem::current_path(), target_library()),
                              options);
    faults.throw_if_any();
    return model;
}

}  // namespace parnas::cli
