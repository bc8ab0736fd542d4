// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace parnas::search {

// Writes `text` to a file that appears whole or not at all, also if the machine stops
// meanwhile; an existing one is replaced. Throws Error(unavailable).
void write_whole_file(const std::filesystem::path& path, std::string_view text);

}  // namespace parnas::search
