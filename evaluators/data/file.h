// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace parnas::evaluators {

// The content of a file, decompressed if it is gzip. Throws Error(not_found) if it cannot
// be opened, Error(invalid_input) if the compressed data is damaged or cut off, or if there
// are more than `kMaxFileBytes` of content.
inline constexpr std::size_t kMaxFileBytes = std::size_t{2} << 30;
std::string read_content(const std::filesystem::path& path, std::size_t max_bytes = kMaxFileBytes);

}  // namespace parnas::evaluators
