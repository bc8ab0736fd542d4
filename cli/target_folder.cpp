// SPDX-License-Identifier: Apache-2.0
#include "cli/target_folder.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

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

}  // namespace parnas::cli
