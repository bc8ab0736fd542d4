// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace parnas::tests {

// tests/golden/<name>.
std::filesystem::path golden_file(std::string_view name);

// Where to write a new version of a golden file, for a change that is meant:
// $PARNAS_WRITE_GOLDEN is the folder; none if it is not set.
std::optional<std::filesystem::path> new_golden_file(std::string_view name);

// Fails unless `text` is byte for byte what the golden file has; shows the first line that
// differs. To be called inside a TEST_CASE.
void check_golden(std::string_view name, std::string_view text);

}  // namespace parnas::tests
