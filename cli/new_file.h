// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace parnas::cli {

enum class Overwrite { no, yes };

// Where a command writes: `asked`, else a file of this `name` in the current folder. Throws
// Error(conflict) if it is there and may not be overwritten.
std::filesystem::path new_file(const std::filesystem::path& asked,
                               std::string name,
                               Overwrite overwrite);

}  // namespace parnas::cli
